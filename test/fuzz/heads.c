/* heads.c: the rows of a head table, client/lock/plain/copied_heads.c and shared/ */
#include "postgres_fe.h"

#include "fuzz.h"
#include "lock/plain/copied_heads.h"
#include "server/failure.h"

#define MOST_ROWS 1000
#define MOST_HEADS 200

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

static HeadSet *
make_set(char *text, HeadOrder order)
{
	HeadSet    *set = pg_malloc(sizeof(HeadSet));
	Head		heads[MOST_HEADS];
	int			nheads = 0;
	char	   *head;

	while ((head = take_part(&text, ',')) != NULL && nheads < MOST_HEADS)
	{
		if (*head && strlen(head) <= MAX_HEAD_LENGTH)
			heads[nheads++] = (Head) {head, strlen(head)};
	}
	make_head_set(set, heads, nheads, order);
	return nheads > 0 ? set : NULL;
}

/*
 * Judge the rows in that order.  Returns false if one of them is in error.
 */
static bool
judge(const HeadQuestion *question, const TableColumns *table, char **rows, int nrows, bool stop,
	  HeadOutcome *outcome, char **list)
{
	CopiedHeads heads;
	Failure		failure = {0};
	bool		good = true;

	begin_copied_heads(&heads, question, table, "heads");
	for (int i = 0; i < nrows && good; i++)
	{
		good = heads.taker.take(&heads.taker, rows[i], strlen(rows[i]), &failure);
		if (good && stop && judging_is_done(question, &heads.found))
			break;
	}
	if (good)
		*outcome = judge_heads(question, &heads.found);
	*list = good ? head_list_text(&heads.found.current) : NULL;
	MUST(good || failure.message != NULL);
	free_found_heads(&heads.found);
	failure_clear(&failure);
	return good;
}

/*
 * Rule, order and whether the head is one column; column; condition; expected;
 * known; and rows, as COPY writes them.
 */
void
fuzz_one(char *text, size_t len)
{
	char	   *first = take_part(&text, '\n');
	char	   *column = take_part(&text, '\n');
	char	   *condition = take_part(&text, '\n');
	char	   *expected = take_part(&text, '\n');
	char	   *known = take_part(&text, '\n');
	char	   *rows[MOST_ROWS];
	char	   *error;
	int			nrows = 0;
	HeadQuestion question = {0};
	TableColumns table = {0};
	HeadOutcome outcome;
	HeadOutcome other;
	char	   *list;
	char	   *other_list;

	if (known == NULL || strlen(first) < 3)
		return;
	question.rule = first[0] % 3;
	question.order = (unsigned char) first[1] % 5;
	question.column = column;
	question.collect = true;
	question.condition = parse_head_condition(condition, &error);
	question.expected = make_set(expected, key_order(question.rule, question.order));
	question.known = make_set(known, key_order(question.rule, question.order));
	while (nrows < MOST_ROWS && text && (rows[nrows] = take_part(&text, '\n')) != NULL)
		nrows++;
	plan_head_columns(&table.columns, &question, first[2] % 2);
	table.padded = pg_malloc0(table.columns.ncolumns * sizeof(bool));
	if (error || question.expected == NULL ||
		!judge(&question, &table, rows, nrows, false, &outcome, &list))
		return;

	/* to stop once it is clear changes nothing */
	MUST(judge(&question, &table, rows, nrows, true, &other, &other_list));
	MUST(outcome == other);
	/* nor does what is only asked for the answer */
	question.collect = false;
	MUST(judge(&question, &table, rows, nrows, true, &other, &other_list));
	MUST((outcome == HEADS_AT_HEAD) == (other == HEADS_AT_HEAD));
	/* nor the order of the rows */
	question.collect = true;
	for (int i = 0; i < nrows / 2; i++)
	{
		char	   *row = rows[i];

		rows[i] = rows[nrows - 1 - i];
		rows[nrows - 1 - i] = row;
	}
	MUST(judge(&question, &table, rows, nrows, false, &other, &other_list));
	MUST(outcome == other);
	MUST(strstr(list, CUT_MARK) != NULL || strcmp(list, other_list) == 0);
	/* nor rows that are there twice */
	memcpy(&rows[nrows], rows, Min(nrows, MOST_ROWS - nrows) * sizeof(char *));
	MUST(judge(&question, &table, rows, Min(2 * nrows, MOST_ROWS), false, &other, &other_list));
	MUST(outcome == other);
}
