/*-------------------------------------------------------------------------
 *
 * prepare.c
 *		Read what the options only name: the migration set.
 *
 * The files of SQL are read by who runs them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "migrations/alembic/alembic.h"
#include "prepare.h"

/*
 * Take the heads from the migration set.  Expected ones that are given
 * otherwise as well must at least belong to it, and count instead.
 */
static void
read_migration_set(Options *options)
{
	SimpleStringList heads = {NULL, NULL};

	if (options->alembic == NULL)
		return;
	read_alembic(options->alembic, option_source("--alembic"), &heads, &options->known_heads);
	if (options->expected_heads.head == NULL)
		options->expected_heads = heads;
	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
	{
		if (simple_string_list_member(&options->known_heads, cell->val))
			continue;
		log_error("expected head \"%s\" is not a revision of %s", cell->val, options->alembic);
		exit(EXIT_USAGE);
	}
}

void
prepare(Options *options)
{
	read_migration_set(options);
	if (options->head_table == NULL)
		options->head_table = pg_strdup("alembic_version");
	if (options->head_column == NULL)
		options->head_column = pg_strdup("version_num");
	if (options->expected_heads.head != NULL || !(options->mode->needs & NEEDS_HEADS))
		return;
	log_error_hint("Use --expect-head=REV or --alembic=PATH, or set GW_BOOTSTRAP_EXPECT_HEAD or GW_BOOTSTRAP_ALEMBIC.",
				   "no expected head given");
	exit(EXIT_USAGE);
}
