/*-------------------------------------------------------------------------
 *
 * heads.c
 *		Compare the expected heads with those found, as sets of text.
 *
 * The comparison is of bytes: a revision identifier has no collation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "heads.h"

static int
compare_heads(const void *a, const void *b)
{
	const Head *x = (const Head *) a;
	const Head *y = (const Head *) b;
	int			order = memcmp(x->data, y->data, Min(x->len, y->len));

	return order != 0 ? order : x->len - y->len;
}

static int
compare_text_datums(const void *a, const void *b)
{
	text	   *x = DatumGetTextPP(*(const Datum *) a);
	text	   *y = DatumGetTextPP(*(const Datum *) b);
	Head		hx = {VARDATA_ANY(x), VARSIZE_ANY_EXHDR(x)};
	Head		hy = {VARDATA_ANY(y), VARSIZE_ANY_EXHDR(y)};

	return compare_heads(&hx, &hy);
}

/*
 * Check the expected_heads argument and make a set of it.
 */
void
expect_heads(ArrayType *array, ExpectedHeads *expected)
{
	int			nelems = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	char	   *elem = ARR_DATA_PTR(array);
	int			nunique = 0;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expected_heads must be a one-dimensional array")));
	if (nelems == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expected_heads must not be empty"),
				 errhint("Pass the head revisions of the migrations that this program ships with.")));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expected_heads must not contain nulls")));

	/* The elements lie one behind the other: no need to deconstruct_array(). */
	expected->heads = palloc_array(Head, nelems);
	for (int i = 0; i < nelems; i++)
	{
		expected->heads[i].data = VARDATA_ANY(elem);
		expected->heads[i].len = VARSIZE_ANY_EXHDR(elem);
		if (expected->heads[i].len == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("expected_heads must not contain empty strings")));
		if (expected->heads[i].len > MAX_HEAD_LENGTH)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("expected_heads must not contain strings longer than %d bytes",
							MAX_HEAD_LENGTH)));
		elem = (char *) INTALIGN(elem + VARSIZE_ANY(elem));
	}

	if (nelems > 1)
		qsort(expected->heads, nelems, sizeof(Head), compare_heads);
	for (int i = 0; i < nelems; i++)
	{
		if (nunique == 0 ||
			compare_heads(&expected->heads[nunique - 1], &expected->heads[i]) != 0)
			expected->heads[nunique++] = expected->heads[i];
	}
	expected->nheads = nunique;
	expected->seen = palloc0_array(bool, nunique);
	expected->nseen = 0;
}

/*
 * Make the set ready for another reading of the table.
 */
void
forget_seen_heads(ExpectedHeads *expected)
{
	memset(expected->seen, 0, sizeof(bool) * expected->nheads);
	expected->nseen = 0;
}

/*
 * True if reading on can change neither the answer nor what is returned.  One
 * row more than is returned tells that there are more.
 */
static bool
reading_is_done(FoundHeads *found)
{
	if (!found->unexpected)
		return false;
	if (found->collect && found->nrows <= MAX_HEADS_RETURNED)
		return false;
	found->cut = true;
	return true;
}

static bool
has_been_collected(const FoundHeads *found, const char *data, int len)
{
	for (int i = 0; i < found->nheads; i++)
	{
		text	   *have = DatumGetTextPP(found->heads[i]);

		if (VARSIZE_ANY_EXHDR(have) == len && memcmp(VARDATA_ANY(have), data, len) == 0)
			return true;
	}
	return false;
}

/*
 * Keep a head, unless there are enough.  What is cut is marked.
 */
static void
collect_head(FoundHeads *found, const Head *head)
{
	const char *data = head->data;
	int			len = head->len;

	if (len > MAX_HEAD_LENGTH)
	{
		len = pg_mbcliplen(data, len, MAX_HEAD_LENGTH);
		data = psprintf("%.*s" CUT_MARK, len, data);
		len += strlen(CUT_MARK);
	}
	if (has_been_collected(found, data, len))
		return;
	if (found->nheads < MAX_HEADS_RETURNED)
		found->heads[found->nheads++] = PointerGetDatum(cstring_to_text_with_len(data, len));
	else
		found->cut = true;
}

/*
 * Take note of one head of the table.  Returns false when the reader may
 * stop.  Without expected heads, every head is merely collected.
 */
bool
note_head(FoundHeads *found, ExpectedHeads *expected, const Head *head)
{
	Head	   *match = NULL;

	found->nrows++;
	if (expected != NULL)
		match = bsearch(head, expected->heads, expected->nheads, sizeof(Head),
						compare_heads);
	if (match == NULL)
		found->unexpected = true;
	else if (!expected->seen[match - expected->heads])
	{
		expected->seen[match - expected->heads] = true;
		expected->nseen++;
	}
	if (found->collect)
		collect_head(found, head);

	return !reading_is_done(found);
}

/*
 * Take note of a head that cannot be an expected one, without its text.
 */
bool
note_unreadable_head(FoundHeads *found)
{
	found->nrows++;
	found->unexpected = true;

	return !reading_is_done(found);
}

/*
 * The heads found, in a stable order, and a mark behind them if there are or
 * may be more.
 */
ArrayType *
found_heads_array(FoundHeads *found)
{
	int			nelems = found->nheads;

	if (nelems > 1)
		qsort(found->heads, nelems, sizeof(Datum), compare_text_datums);
	if (found->cut)
		found->heads[nelems++] = CStringGetTextDatum(CUT_MARK);
	if (nelems == 0)
		return construct_empty_array(TEXTOID);

	return construct_array(found->heads, nelems, TEXTOID, -1, false, TYPALIGN_INT);
}
