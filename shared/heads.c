/*-------------------------------------------------------------------------
 *
 * heads.c
 *		Sets of heads that a caller gives, and lists of those that are found.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#ifndef FRONTEND
#include "mb/pg_wchar.h"
#endif
#include "shared/heads.h"

/*
 * The heads must live as long as the set.
 */
void
make_head_set(HeadSet *set, const Head *heads, int nheads, HeadOrder order)
{
	int			nunique = 0;

	set->keys = palloc((nheads + 1) * sizeof(Head));
	for (int i = 0; i < nheads; i++)
		set->keys[i] = head_key(order, &heads[i]);
	if (nheads > 1)
		qsort(set->keys, nheads, sizeof(Head), compare_heads);
	for (int i = 0; i < nheads; i++)
	{
		if (nunique == 0 || compare_heads(&set->keys[nunique - 1], &set->keys[i]) != 0)
			set->keys[nunique++] = set->keys[i];
	}
	set->nkeys = nunique;
	set->seen = palloc0((nunique + 1) * sizeof(bool));
	set->nseen = 0;
}

/*
 * The place of a key in the set; -1 if it is not there.
 */
int
find_in_head_set(const HeadSet *set, const Head *key)
{
	Head	   *match = bsearch(key, set->keys, set->nkeys, sizeof(Head), compare_heads);

	return match ? match - set->keys : -1;
}

/*
 * Make the set ready for another reading of the table.
 */
void
forget_seen_heads(HeadSet *set)
{
	memset(set->seen, 0, sizeof(bool) * set->nkeys);
	set->nseen = 0;
}

/*
 * The first characters of a head that is too long.
 */
static Head
cut_head(const Head *head)
{
#ifndef FRONTEND
	int			len = pg_mbcliplen(head->data, head->len, MAX_HEAD_LENGTH);
#else
	int			len = MAX_HEAD_LENGTH;

	while (len > 0 && (head->data[len] & 0xC0) == 0x80)
		len--;
#endif
	return (Head) {psprintf("%.*s" CUT_MARK, len, head->data), len + strlen(CUT_MARK)};
}

static void
insert_head(HeadList *list, int place, const Head *head)
{
	char	   *copy = palloc(head->len + 1);

	memcpy(copy, head->data, head->len);
	copy[head->len] = '\0';
	memmove(&list->heads[place + 1], &list->heads[place],
			(list->nheads - place) * sizeof(Head));
	list->heads[place] = (Head) {copy, head->len};
	list->nheads++;
}

/*
 * Keep a copy of a head, or that a row had none, unless there are enough.  What
 * is cut, or was not read, is marked.
 */
void
add_to_head_list(HeadList *list, const Head *head)
{
	Head		shown;
	int			order = 1;
	int			place = 0;

	if (head == NULL)
	{
		list->has_null = true;
		return;
	}
	if (head->data == NULL)
	{
		list->cut = true;
		return;
	}
	shown = head->len > MAX_HEAD_LENGTH ? cut_head(head) : *head;
	while (place < list->nheads && (order = compare_heads(&list->heads[place], &shown)) < 0)
		place++;
	if (place == list->nheads || order != 0)
	{
		if (list->nheads < MAX_HEADS_RETURNED)
			insert_head(list, place, &shown);
		else
			list->cut = true;
	}
	free_head_key(&shown, head);
}

void
start_head_list(HeadList *list)
{
	list->nheads = 0;
	list->has_null = false;
	list->cut = false;
}

void
empty_head_list(HeadList *list)
{
	for (int i = 0; i < list->nheads; i++)
		pfree(unconstify(char *, list->heads[i].data));
	start_head_list(list);
}
