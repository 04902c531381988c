/*-------------------------------------------------------------------------
 *
 * head_order.c
 *		How the heads of a tool are ordered.
 *
 * A head gets a key such that keys compare byte by byte as the tool compares
 * its versions; two heads are the same if their keys are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include "lib/stringinfo.h"

#include "shared/head_order.h"

/*
 * A revision identifier has no collation.
 */
int
compare_heads(const void *a, const void *b)
{
	const Head *x = (const Head *) a;
	const Head *y = (const Head *) b;
	int			order = memcmp(x->data, y->data, Min(x->len, y->len));

	return order != 0 ? order : x->len - y->len;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * The digits that a text starts with, as a number of any length, and then its
 * rest.  What starts with none comes before every number.
 */
static void
append_number_key(StringInfo key, const char *data, int len)
{
	int			ndigits = 0;
	int			nzeros = 0;

	while (ndigits < len && is_digit(data[ndigits]))
		ndigits++;
	while (nzeros < ndigits && data[nzeros] == '0')
		nzeros++;
	appendStringInfo(key, "%04d", ndigits - nzeros + (ndigits > 0));
	appendBinaryStringInfo(key, data + nzeros, len - nzeros);
}

static bool
is_dot(char c)
{
	return c == '.' || c == '_';
}

/*
 * The length without trailing parts that are zero: 2.0 is 2.
 */
static int
length_without_zeros(const char *data, int len)
{
	for (;;)
	{
		int			start = len;

		while (start > 0 && data[start - 1] == '0')
			start--;
		if (start == len || start == 0 || !is_dot(data[start - 1]))
			return len;
		len = start - 1;
	}
}

/*
 * Each part as a number, from left to right; what ends a part is less than whatever is in one.
 */
static void
append_dotted_key(StringInfo key, const char *data, int len)
{
	int			end;

	len = length_without_zeros(data, len);
	for (int start = 0; start <= len; start = end + 1)
	{
		for (end = start; end < len && !is_dot(data[end]); end++)
			;
		if (start > 0)
			appendStringInfoChar(key, '\0');
		append_number_key(key, data + start, end - start);
	}
}

/*
 * The key of a head, which may be the head itself.
 */
Head
head_key(HeadOrder order, const Head *head)
{
	StringInfoData key;

	if (order != ORDER_NUMERIC && order != ORDER_DOTTED)
		return *head;

	initStringInfo(&key);
	if (order == ORDER_NUMERIC)
		append_number_key(&key, head->data, head->len);
	else
		append_dotted_key(&key, head->data, head->len);

	return (Head) {.data = key.data, .len = key.len};
}

void
free_head_key(const Head *key, const Head *head)
{
	if (key->data != head->data)
		pfree(unconstify(char *, key->data));
}
