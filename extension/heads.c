/*-------------------------------------------------------------------------
 *
 * heads.c
 *		Sets of heads that a caller gives, and lists of those that are found.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "heads.h"

static int
compare_text_datums(const void *a, const void *b)
{
	text	   *x = DatumGetTextPP(*(const Datum *) a);
	text	   *y = DatumGetTextPP(*(const Datum *) b);
	Head		hx = {VARDATA_ANY(x), VARSIZE_ANY_EXHDR(x)};
	Head		hy = {VARDATA_ANY(y), VARSIZE_ANY_EXHDR(y)};

	return compare_heads(&hx, &hy);
}

static void
check_length(const Head *head, const char *name)
{
	if (head->len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain empty strings", name)));
	if (head->len > MAX_HEAD_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain strings longer than %d bytes",
						name, MAX_HEAD_LENGTH)));
}

/*
 * Check the argument of that name and make a set of it.
 */
void
make_head_set(ArrayType *array, const char *name, HeadOrder order, HeadSet *set)
{
	int			nelems = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	char	   *elem = ARR_DATA_PTR(array);
	int			nunique = 0;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a one-dimensional array", name)));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain nulls", name)));

	/* The elements lie one behind the other: no need to deconstruct_array(). */
	set->keys = palloc_array(Head, nelems);
	for (int i = 0; i < nelems; i++)
	{
		Head		head = {VARDATA_ANY(elem), VARSIZE_ANY_EXHDR(elem)};

		check_length(&head, name);
		set->keys[i] = head_key(order, &head);
		elem = (char *) INTALIGN(elem + VARSIZE_ANY(elem));
	}

	if (nelems > 1)
		qsort(set->keys, nelems, sizeof(Head), compare_heads);
	for (int i = 0; i < nelems; i++)
	{
		if (nunique == 0 || compare_heads(&set->keys[nunique - 1], &set->keys[i]) != 0)
			set->keys[nunique++] = set->keys[i];
	}
	set->nkeys = nunique;
	set->seen = palloc0_array(bool, nunique);
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

static bool
is_listed(const HeadList *list, const char *data, int len)
{
	for (int i = 0; i < list->nheads; i++)
	{
		text	   *have = DatumGetTextPP(list->heads[i]);

		if (VARSIZE_ANY_EXHDR(have) == len && memcmp(VARDATA_ANY(have), data, len) == 0)
			return true;
	}
	return false;
}

/*
 * Keep a copy of a head, or that a row had none, unless there are enough.  What
 * is cut is marked.
 */
void
add_to_head_list(HeadList *list, const Head *head)
{
	const char *data;
	int			len;

	if (head == NULL)
	{
		list->has_null = true;
		return;
	}
	data = head->data;
	len = head->len;
	if (len > MAX_HEAD_LENGTH)
	{
		len = pg_mbcliplen(data, len, MAX_HEAD_LENGTH);
		data = psprintf("%.*s" CUT_MARK, len, data);
		len += strlen(CUT_MARK);
	}
	if (is_listed(list, data, len))
		return;
	if (list->nheads < MAX_HEADS_RETURNED)
	{
		MemoryContext caller_context = MemoryContextSwitchTo(list->context);

		list->heads[list->nheads++] = PointerGetDatum(cstring_to_text_with_len(data, len));
		MemoryContextSwitchTo(caller_context);
	}
	else
		list->cut = true;
}

/*
 * The heads found, in a stable order, a null if a row had none, and a mark
 * if there are or may be more.
 */
ArrayType *
head_list_array(HeadList *list)
{
	Datum		elems[MAX_HEADS_RETURNED + 2];
	bool		nulls[MAX_HEADS_RETURNED + 2] = {false};
	int			nelems = list->nheads;
	int			lower = 1;

	memcpy(elems, list->heads, sizeof(Datum) * nelems);
	if (nelems > 1)
		qsort(elems, nelems, sizeof(Datum), compare_text_datums);
	if (list->has_null)
		nulls[nelems++] = true;
	if (list->cut)
		elems[nelems++] = CStringGetTextDatum(CUT_MARK);
	if (nelems == 0)
		return construct_empty_array(TEXTOID);

	return construct_md_array(elems, nulls, 1, &nelems, &lower,
							  TEXTOID, -1, false, TYPALIGN_INT);
}
