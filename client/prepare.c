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
#include "migrations/migration_set.h"
#include "prepare.h"
#include "question.h"

static void
set_default(char **field, const char *value)
{
	if (*field == NULL && value != NULL)
		*field = pg_strdup(value);
}

/*
 * Take the heads from the migration set.  Expected ones that are given
 * otherwise as well must at least belong to it, and count instead.
 */
static void
take_migration_set(Options *options)
{
	MigrationSet set;
	const char *source = option_source("--migrations");

	read_migration_set(&set, options->migrations, source);
	options->tool = set.tool;
	options->set_path = set.path;
	set_default(&options->head_condition, set.head_condition);
	options->known_heads = set.known;
	if (options->expected_heads.head == NULL)
	{
		options->expected_heads = set.expected;
		return;
	}
	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
	{
		if (!simple_string_list_member(set.known.head ? &set.known : &set.expected, cell->val))
			refuse_migration_set(source, "expected head \"%s\" is not a revision of %s", cell->val,
								 set.path);
	}
}

void
prepare_options(Options *options)
{
	const MigrationTool *tool;

	if (options->migrations)
		take_migration_set(options);
	tool = options->tool ? options->tool : find_migration_tool("alembic");
	set_default(&options->head_table, tool->head_table);
	set_default(&options->head_column, tool->head_column);
	set_default(&options->head_rule, tool->head_rule);
	set_default(&options->head_order, tool->head_order);
	options->question = make_question(options);
	if (options->expected_heads.head != NULL || !(options->mode->needs & NEEDS_HEADS))
		return;
	log_error_hint("Use --expect-head=REV or --migrations=TOOL:PATH, or set "
				   "GW_BOOTSTRAP_EXPECT_HEAD or GW_BOOTSTRAP_MIGRATIONS.",
				   "no expected head given");
	exit(EXIT_USAGE);
}
