/*-------------------------------------------------------------------------
 *
 * copied_heads.c
 *		The rows of a head table that is read by COPY.
 *
 * They are judged by what the extension runs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "fe_utils/string_utils.h"
#include "lock/plain/copied_heads.h"
#include "lock/plain/refusal.h"

/*
 * Read one value, up to a tab or the end of the row, and undo the escapes of
 * COPY's text format in place.  Returns where the next one begins.
 */
static char *
read_copied_value(char *from, const char *end, HeadValue *value)
{
	static const char escapes[] = "b\bf\fn\nr\rt\tv\v";
	char	   *to = from;

	value->text.data = from;
	value->state = VALUE_TEXT;
	if (end - from >= 2 && memcmp(from, "\\N", 2) == 0 && (from + 2 == end || from[2] == '\t'))
		value->state = VALUE_NULL;
	for (; from < end && *from != '\t'; from++)
	{
		const char *escape = NULL;

		if (*from == '\\' && from + 1 < end)
		{
			from++;
			for (escape = escapes; *escape && *escape != *from;)
				escape += 2;
		}
		*to++ = escape && *escape ? escape[1] : *from;
	}
	value->text.len = to - value->text.data;

	return from < end ? from + 1 : from;
}

static bool
refuse_row(const CopiedHeads *heads, Failure *failure, HeadRowError error, const char *column)
{
	if (error == ROW_IS_NOT_BOOLEAN)
		set_refusal(failure, "22P02", NULL, NO_BOOLEAN_HINT, NO_BOOLEAN_TEXT, column);
	else
		set_refusal(failure, "54000", NULL, TOO_MANY_ROWS_HINT, TOO_MANY_ROWS_TEXT,
					heads->taker.table, MAX_ROWS_READ);
	return false;
}

static bool
take_row(RowTaker *taker, const char *row, int len, Failure *failure)
{
	CopiedHeads *heads = (CopiedHeads *) taker;
	const HeadColumns *columns = &heads->table->columns;
	HeadValue  *values;
	char	   *copy;
	char	   *next;
	const char *column;
	HeadRowError error;

	if (taker->rows >= MAX_ROWS_READ)
		return refuse_row(heads, failure, ROW_IS_TOO_LONG, NULL);
	values = pg_malloc0(columns->ncolumns * sizeof(HeadValue));
	next = copy = pg_malloc(len + 1);
	if (len > 0 && row[len - 1] == '\n')
		len--;
	memcpy(copy, row, len);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		Head	   *text = &values[i].text;

		next = read_copied_value(next, copy + len, &values[i]);
		while (heads->table->padded[i] && text->len > 0 && text->data[text->len - 1] == ' ')
			text->len--;
	}
	error = note_row(columns, values, heads->question, &heads->found, &column);
	free(values);
	free(copy);

	return error == ROW_IS_GOOD || refuse_row(heads, failure, error, column);
}

void
begin_copied_heads(CopiedHeads *heads, const HeadQuestion *question, const TableColumns *table,
				   const char *table_name)
{
	*heads = (CopiedHeads) {
		.taker = {.take = take_row, .table = table_name},
		.question = question,
		.table = table};
	begin_judging(question, &heads->found);
}

/*
 * As the text of an array.
 */
char *
head_list_text(const HeadList *list)
{
	PQExpBufferData text;

	initPQExpBuffer(&text);
	appendPQExpBufferChar(&text, '{');
	for (int i = 0; i < list->nheads; i++)
		appendPGArray(&text, list->heads[i].data);
	if (list->has_null)
		appendPQExpBufferStr(&text, list->nheads > 0 ? ",NULL" : "NULL");
	if (list->cut)
		appendPGArray(&text, CUT_MARK);
	appendPQExpBufferChar(&text, '}');
	return text.data;
}
