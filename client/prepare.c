/*-------------------------------------------------------------------------
 *
 * prepare.c
 *		Read what the options only name, and fill in what they leave out.
 *
 * The files of SQL are read by who runs them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "commands.h"
#include "forms/forms.h"
#include "migrations/take_set.h"

/*
 * What neither the options nor the migration set tell.
 */
static void
set_defaults(Options *options)
{
	set_default(&options->target.head_table, "alembic_version");
	set_default(&options->target.head_column, "version_num");
	set_default(&options->target.head_rule, "equal");
	set_default(&options->target.head_order, "known");
}

/*
 * In the order in which they read.  Without them a connection string is one of
 * libpq's, a command one of the shell's, and the heads are those of --expect-head.
 */
static void (*const readers[])(Options *options) = {
	take_log_format,
	take_migration_set,
	take_connection_strings,
	take_commands,
	set_defaults,
	take_question,
	NULL};

void
prepare_options(Options *options)
{
	for (int i = 0; readers[i]; i++)
		readers[i](options);
	if (options->target.expected_heads.head != NULL || !(options->mode->needs & NEEDS_HEADS))
		return;
	log_error_hint("Use --expect-head=REV or --migrations=TOOL:PATH, or set "
				   "GW_BOOTSTRAP_EXPECT_HEAD or GW_BOOTSTRAP_MIGRATIONS.",
				   "no expected head given");
	exit(EXIT_USAGE);
}
