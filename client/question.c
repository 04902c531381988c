/*-------------------------------------------------------------------------
 *
 * question.c
 *		What the options ask of the head table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "question.h"

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
	HeadClause *condition = parse_head_condition(options->head_condition, &error);

	if (error)
		usage_error(error, NULL, "invalid condition \"%s\" in %s", options->head_condition,
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
HeadQuestion *
make_question(const Options *options)
{
	HeadQuestion *question = pg_malloc0(sizeof(HeadQuestion));
	HeadOrder	order;

	question->column = options->head_column;
	question->rule = find_word(options->head_rule, head_rule_names);
	question->order = find_word(options->head_order, head_order_names);
	question->collect = true;
	order = key_order(question->rule, question->order);
	if (options->head_condition)
		question->condition = read_condition(options, question->order);
	if (options->expected_heads.head)
		question->expected = make_set(&options->expected_heads, order);
	if (options->known_heads.head)
		question->known = make_set(&options->known_heads, order);

	return question;
}
