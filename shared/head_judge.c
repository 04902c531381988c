/*-------------------------------------------------------------------------
 *
 * head_judge.c
 *		What the rows of a head table mean.
 *
 * The rows are noted one by one, so that reading can stop as soon as the answer
 * is known.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include "shared/head_judge.h"

/*
 * How heads are compared with each other.  What is greatest can only be told
 * in some order: without one, that of numbers.
 */
HeadOrder
key_order(HeadRule rule, HeadOrder order)
{
	if (rule == RULE_LATEST && (order == ORDER_KNOWN || order == ORDER_NONE))
		return ORDER_NUMERIC;
	return order;
}

/*
 * True if some head can be beyond the expected ones.
 */
static bool
can_be_ahead(const HeadQuestion *question)
{
	switch (question->order)
	{
		case ORDER_KNOWN:
			return question->known != NULL || question->rule == RULE_LATEST;
		case ORDER_NUMERIC:
		case ORDER_BYTES:
		case ORDER_DOTTED:
			return true;
		case ORDER_NONE:
			break;
	}
	return false;
}

/*
 * True if a head that is not expected can end the reading.  If not, a table is
 * read as a whole, and how long it may be is bounded.
 */
bool
may_stop_early(const HeadQuestion *question)
{
	return question->rule == RULE_EQUAL && question->condition == NULL &&
		!(question->collect && question->expected && can_be_ahead(question));
}

/*
 * The lists are long, so they are not cleared as a whole.
 */
void
begin_judging(const HeadQuestion *question, FoundHeads *found)
{
	start_head_list(&found->current);
	start_head_list(&found->failed);
	found->nrows = 0;
	found->has_failed = false;
	found->has_unexpected = false;
	found->has_beyond = false;
	found->has_before = false;
	found->greatest.data = NULL;
	found->cover.data = NULL;
	found->last.data = NULL;
	found->unfinished.data = NULL;
	found->changes = NULL;
	found->nchanges = 0;
	if (question->expected)
		forget_seen_heads(question->expected);
}

static void
free_changes(FoundHeads *found)
{
	for (int i = 0; i < found->nchanges; i++)
	{
		free_head_key(&found->changes[i].key, &found->changes[i].head);
		pfree(unconstify(char *, found->changes[i].head.data));
	}
	if (found->changes)
		pfree(found->changes);
	found->changes = NULL;
	found->nchanges = 0;
}

static const Head *
greatest_expected(const HeadQuestion *question)
{
	return &question->expected->keys[question->expected->nkeys - 1];
}

/*
 * True if a head that is not expected, or the greatest one, is one that this
 * caller cannot know.  One too long to be compared has no key.
 */
static bool
is_beyond(const HeadQuestion *question, const Head *key)
{
	if (!can_be_ahead(question))
		return false;
	if (question->order == ORDER_KNOWN && question->known)
		return key == NULL || find_in_head_set(question->known, key) < 0;

	return key != NULL && compare_heads(key, greatest_expected(question)) > 0;
}

/*
 * Keep a copy of a key if it is greater than the one kept so far.  Returns how
 * the two compare.
 */
static int
keep_greater(Head *kept, const Head *key)
{
	int			order = kept->data != NULL ? compare_heads(key, kept) : 1;
	char	   *copy;

	if (order <= 0)
		return order;
	copy = palloc(key->len + 1);
	memcpy(copy, key->data, key->len);
	if (kept->data != NULL)
		pfree(unconstify(char *, kept->data));
	*kept = (Head) {copy, key->len};
	return order;
}

static void
forget(Head *kept)
{
	if (kept->data)
		pfree(unconstify(char *, kept->data));
	kept->data = NULL;
}

static void
note_key(const HeadQuestion *question, FoundHeads *found, const Head *key)
{
	HeadSet    *expected = question->expected;
	int			place = key ? find_in_head_set(expected, key) : -1;

	if (place < 0)
	{
		found->has_unexpected = true;
		if (is_beyond(question, key))
			found->has_beyond = true;
		else
			found->has_before = true;
	}
	else if (!expected->seen[place])
	{
		expected->seen[place] = true;
		expected->nseen++;
	}
}

/*
 * Take note of the key of a head that counts; NULL for one that is too long to be
 * compared.  Returns whether the head is one to be shown.
 */
static bool
note_comparable(const HeadQuestion *question, FoundHeads *found, const Head *key)
{
	if (question->rule == RULE_LATEST)
	{
		int			order = key ? keep_greater(&found->greatest, key) : -1;

		/* it may be written as "4" in one row and as "04" in another */
		if (order > 0)
			empty_head_list(&found->current);
		return order >= 0;
	}
	if (question->expected)
		note_key(question, found, key);
	else
		found->has_unexpected = true;
	return true;
}

/*
 * Take note of a head that counts.
 */
void
note_head(const HeadQuestion *question, FoundHeads *found, const Head *head)
{
	bool		shown;

	found->nrows++;
	if (head->len <= MAX_HEAD_LENGTH)
	{
		Head		key = head_key(key_order(question->rule, question->order), head);

		shown = note_comparable(question, found, &key);
		free_head_key(&key, head);
	}
	else
		shown = note_comparable(question, found, NULL);

	if (shown && question->collect)
		add_to_head_list(&found->current, head);
}

/*
 * Take note of a row whose head counts or, if the count is -1, which takes such a row back.
 * Which of them comes first in the table tells nothing, so they are kept until all are read.
 */
void
note_change(const HeadQuestion *question, FoundHeads *found, const Head *head, int count)
{
	HeadChange *change;
	char	   *copy;

	if (head->len > MAX_HEAD_LENGTH || !has_clause(question->condition, CLAUSE_UNDONE))
	{
		if (count > 0)
			note_head(question, found, head);
		return;
	}
	if (found->changes == NULL)
		found->changes = palloc(sizeof(HeadChange));
	else if ((found->nchanges & (found->nchanges - 1)) == 0)
		found->changes = repalloc(found->changes, 2 * found->nchanges * sizeof(HeadChange));
	copy = palloc(head->len + 1);
	memcpy(copy, head->data, head->len);
	change = &found->changes[found->nchanges++];
	change->head = (Head) {copy, head->len};
	change->key = head_key(key_order(question->rule, question->order), &change->head);
	change->count = count;
}

static int
compare_changes(const void *a, const void *b)
{
	return compare_heads(&((const HeadChange *) a)->key, &((const HeadChange *) b)->key);
}

/*
 * Take note of the heads that count more often than they are taken back.
 */
static void
settle_changes(const HeadQuestion *question, FoundHeads *found)
{
	HeadChange *changes = found->changes;
	int			next;

	if (changes == NULL)
		return;
	qsort(changes, found->nchanges, sizeof(HeadChange), compare_changes);
	for (int i = 0; i < found->nchanges; i = next)
	{
		int			count = 0;

		for (next = i;
			 next < found->nchanges && compare_changes(&changes[i], &changes[next]) == 0; next++)
			count += changes[next].count;
		for (int row = i; row < next && count > 0; row++)
		{
			if (changes[row].count > 0)
				note_head(question, found, &changes[row].head);
		}
	}
	free_changes(found);
}

/*
 * Take note of a row that tells of a failed migration, with its head or NULL.
 */
void
note_failed(const HeadQuestion *question, FoundHeads *found, const Head *head)
{
	found->has_failed = true;
	if (question->collect)
		add_to_head_list(&found->failed, head);
}

/*
 * Take note of a baseline.
 */
void
note_cover(const HeadQuestion *question, FoundHeads *found, const Head *head)
{
	Head		key;

	if (head == NULL || head->len > MAX_HEAD_LENGTH)
		return;
	key = head_key(key_order(question->rule, question->order), head);
	keep_greater(&found->cover, &key);
	free_head_key(&key, head);
}

/*
 * Take note of a row that may be the greatest, and of whether it would be a failed one.
 */
void
note_last(const HeadQuestion *question, FoundHeads *found, const Head *head, bool unfinished)
{
	Head		key;
	int			order;
	char	   *copy;

	if (head == NULL || head->len > MAX_HEAD_LENGTH)
	{
		if (unfinished)
			note_failed(question, found, head);
		return;
	}
	key = head_key(key_order(question->rule, question->order), head);
	order = keep_greater(&found->last, &key);
	free_head_key(&key, head);
	if (order > 0)
		forget(&found->unfinished);
	if (order < 0 || !unfinished || found->unfinished.data)
		return;
	copy = palloc(head->len + 1);
	memcpy(copy, head->data, head->len);
	found->unfinished = (Head) {copy, head->len};
}

/*
 * True if reading on can change neither the answer nor what is returned.  One
 * row more than is returned tells that there are more.
 */
bool
judging_is_done(const HeadQuestion *question, FoundHeads *found)
{
	if (!question->collect)
		return found->has_failed ||
			(question->rule == RULE_EQUAL && found->has_unexpected) || found->has_beyond;
	if (question->condition || question->rule != RULE_EQUAL ||
		found->nrows <= MAX_HEADS_RETURNED)
		return false;
	/* with one that is beyond it may still be ahead or diverged */
	if (!(may_stop_early(question) ? found->has_unexpected :
									 found->has_beyond && found->has_before))
		return false;
	found->current.cut = true;
	return true;
}

static bool
is_covered(const FoundHeads *found, const Head *key)
{
	return found->cover.data != NULL && compare_heads(key, &found->cover) <= 0;
}

/*
 * True if an expected head has no row and is not covered by a baseline.
 */
static bool
lacks_expected(const HeadSet *expected, const FoundHeads *found)
{
	if (expected->nseen == expected->nkeys)
		return false;
	for (int i = 0; i < expected->nkeys; i++)
	{
		if (!expected->seen[i] && !is_covered(found, &expected->keys[i]))
			return true;
	}
	return false;
}

static HeadOutcome
judge_latest(const HeadQuestion *question, const FoundHeads *found)
{
	const Head *wanted = greatest_expected(question);
	int			order = -1;

	if (found->greatest.data != NULL)
		order = compare_heads(&found->greatest, wanted);
	if (order == 0)
		return HEADS_AT_HEAD;
	if (found->greatest.data != NULL && is_beyond(question, &found->greatest))
		return HEADS_AHEAD;

	return is_covered(found, wanted) ? HEADS_AT_HEAD : HEADS_BEHIND;
}

/*
 * With one row for each migration, some that are missing beside one that is
 * beyond tell of two histories.  Where the rows are the heads, it takes one of
 * each kind.
 */
HeadOutcome
judge_heads(const HeadQuestion *question, FoundHeads *found)
{
	bool		missing;

	settle_changes(question, found);
	if (found->unfinished.data)
		note_failed(question, found, &found->unfinished);
	forget(&found->unfinished);
	if (question->expected == NULL)
		return HEADS_BEHIND;
	if (found->has_failed)
		return HEADS_FAILED;
	if (question->rule == RULE_LATEST)
		return judge_latest(question, found);

	missing = lacks_expected(question->expected, found);
	if (found->has_beyond)
	{
		bool		diverged = question->rule == RULE_EQUAL ? found->has_before : missing;

		return diverged ? HEADS_DIVERGED : HEADS_AHEAD;
	}
	if (missing || (question->rule == RULE_EQUAL && found->has_unexpected))
		return HEADS_BEHIND;

	return HEADS_AT_HEAD;
}

void
free_found_heads(FoundHeads *found)
{
	empty_head_list(&found->current);
	empty_head_list(&found->failed);
	free_changes(found);
	forget(&found->greatest);
	forget(&found->cover);
	forget(&found->last);
	forget(&found->unfinished);
}
