/*-------------------------------------------------------------------------
 *
 * question.c
 *		What is asked of the head table, for who answers that here.
 *
 * The extension reads the same words by the same code; a condition that it would
 * refuse is refused before anything is done.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "commands.h"
#include "shared/head_judge.h"

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
	if (clause_needing_order(condition) && (order == ORDER_KNOWN || order == ORDER_NONE))
		usage_error(NULL, "Use --head-order=numeric, bytes or dotted.",
					"a condition with \"%s\" needs an order", clause_needing_order(condition));
	return condition;
}

/*
 * Rule and order are words that are known by now.
 */
void
take_question(Options *options)
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
	options->target.question = question;
}
