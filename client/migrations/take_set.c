/*-------------------------------------------------------------------------
 *
 * take_set.c
 *		Take from the migration set what is not asked for otherwise.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/output.h"
#include "fe_utils/string_utils.h"
#include "migrations/migration_set.h"
#include "migrations/take_set.h"

/*
 * What the tool is known to do.
 */
static void
take_tool(Options *options, const MigrationTool *tool)
{
	set_default(&options->target.head_table, tool->head_table);
	set_default(&options->target.head_column, tool->head_column);
	set_default(&options->target.head_rule, tool->head_rule);
	set_default(&options->target.head_order, tool->head_order);
	options->tool = tool;
}

/*
 * The first one, if heads that the set lacks are what is ahead of it.
 */
static char *
describe_unknown(const Options *options, const char *heads)
{
	SimpleStringList known = options->target.known_heads;
	char	  **items = NULL;
	int			nitems = 0;
	char	   *description = NULL;

	if (known.head && strcmp(options->target.head_order, head_order_names[ORDER_KNOWN]) == 0 &&
		parsePGArray(heads, &items, &nitems))
	{
		for (int i = 0; i < nitems && description == NULL; i++)
		{
			if (!simple_string_list_member(&known, items[i]))
				description = psprintf("revision \"%s\" is not in %s",
									   *items[i] ? items[i] : "\"\"", options->set_path);
		}
	}
	free(items);
	return description;
}

/*
 * Expected heads that are given otherwise as well must at least belong to the
 * set, and count instead.
 */
void
take_migration_set(Options *options)
{
	MigrationSet set;
	const char *source = option_source("--migrations");

	if (options->migrations == NULL)
		return;
	if (strcmp(options->migrations, "help") == 0)
	{
		list_migration_tools();
		exit(output_arrived() ? EXIT_READY : EXIT_STEP_FAILED);
	}
	read_migration_set(&set, options->migrations, options->target.head_column, source);
	options->set_path = set.path;
	options->describe_unknown = describe_unknown;
	set_default(&options->target.head_condition, set.head_condition);
	options->target.known_heads = set.known;
	if (set.tool)
		take_tool(options, set.tool);
	if (options->target.expected_heads.head == NULL)
	{
		options->target.expected_heads = set.expected;
		return;
	}
	for (SimpleStringListCell *cell = options->target.expected_heads.head; cell; cell = cell->next)
	{
		if (!simple_string_list_member(set.known.head ? &set.known : &set.expected, cell->val))
			refuse_migration_set(source, "expected head \"%s\" is not a revision of %s", cell->val,
								 set.path);
	}
}
