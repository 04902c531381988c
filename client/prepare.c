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
#include "forms/forms.h"
#include "lock/tool_lock.h"
#include "migrations/take_set.h"
#include "prepare.h"

/*
 * In the order in which they read.  Without them a connection string is one of
 * libpq's, a command one of the shell's, and the heads are those of --expect-head.
 */
static void (*const readers[])(Options *options) = {
	take_migration_set,
	take_tool_lock,
	take_connection_strings,
	take_commands,
	NULL};

static HeadSet *
make_set(const SimpleStringList *list, HeadOrder order)
{
	HeadSet    *set = pg_malloc(sizeof(HeadSet));
	Head	   *heads;
	int			nheads = 0;

	for (SimpleStringListCell *cell = list->head; cell; cell = cell->next)
		nheads++;
	heads = pg_malloc((nheads + 1) * sizeof(Head));
	nheads = 0;
	for (SimpleStringListCell *cell = list->head; cell; cell = cell->next)
		heads[nheads++] = (Head) {cell->val, strlen(cell->val)};
	make_head_set(set, heads, nheads, order);
	free(heads);

	return set;
}

static HeadClause *
read_condition(const Options *options, HeadOrder order)
{
	char	   *error;
	HeadClause *condition = parse_head_condition(options->target.head_condition, &error);

	if (error)
		usage_error(error, NULL, "invalid condition \"%s\" in %s", options->target.head_condition,
					option_source("--head-condition"));
	for (HeadClause *clause = condition; clause; clause = clause->next)
	{
		if (clause->kind == CLAUSE_COVERS && (order == ORDER_KNOWN || order == ORDER_NONE))
			usage_error(NULL, "Use --head-order=numeric, bytes or dotted.",
						"a condition with \"covers\" needs an order");
	}
	return condition;
}

/*
 * Rule and order are words that are known by now.
 */
static HeadQuestion *
make_question(const Options *options)
{
	HeadQuestion *question = pg_malloc0(sizeof(HeadQuestion));
	HeadOrder	order;

	question->column = options->target.head_column;
	question->rule = find_word(options->target.head_rule, head_rule_names);
	question->order = find_word(options->target.head_order, head_order_names);
	question->collect = true;
	order = key_order(question->rule, question->order);
	if (options->target.head_condition)
		question->condition = read_condition(options, question->order);
	if (options->target.expected_heads.head)
		question->expected = make_set(&options->target.expected_heads, order);
	if (options->target.known_heads.head)
		question->known = make_set(&options->target.known_heads, order);

	return question;
}

void
prepare_options(Options *options)
{
	for (int i = 0; readers[i]; i++)
		readers[i](options);
	set_default(&options->target.head_table, "alembic_version");
	set_default(&options->target.head_column, "version_num");
	set_default(&options->target.head_rule, "equal");
	set_default(&options->target.head_order, "known");
	options->target.question = make_question(options);
	if (options->target.expected_heads.head != NULL || !(options->mode->needs & NEEDS_HEADS))
		return;
	log_error_hint("Use --expect-head=REV or --migrations=TOOL:PATH, or set "
				   "GW_BOOTSTRAP_EXPECT_HEAD or GW_BOOTSTRAP_MIGRATIONS.",
				   "no expected head given");
	exit(EXIT_USAGE);
}
