/*-------------------------------------------------------------------------
 *
 * head_row.c
 *		One row of a head table, as text.
 *
 * Every value is taken in the text form of its type, by which it is compared.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include "lib/stringinfo.h"
#include "shared/head_row.h"

/* One row while it is judged. */
typedef struct Row
{
	const HeadColumns *columns;
	const HeadValue *values;
	HeadRowError error;
	const char *wrong;			/* the column of the error */
} Row;

/*
 * The place of a column in a row.
 */
static int
place_of(HeadColumns *columns, const char *name)
{
	for (int i = 0; i < columns->ncolumns; i++)
	{
		if (strcmp(columns->names[i], name) == 0)
			return i;
	}
	columns->names = columns->names == NULL ? palloc(sizeof(char *)) :
											  repalloc(columns->names, (columns->ncolumns + 1) * sizeof(char *));
	columns->names[columns->ncolumns] = name;

	return columns->ncolumns++;
}

/*
 * Find out which columns are to be read.  "whole" says that the table has a
 * column of the name that the question gives for the head.
 */
void
plan_head_columns(HeadColumns *columns, const HeadQuestion *question, bool whole)
{
	memset(columns, 0, sizeof(*columns));
	if (whole)
	{
		columns->parts = palloc(sizeof(HeadColumn));
		columns->parts[0] = (HeadColumn) {pstrdup(question->column), pstrdup("")};
		columns->nparts = 1;
	}
	else
		columns->nparts = split_head_column(question->column, &columns->parts);

	columns->places = palloc(columns->nparts * sizeof(int));
	for (int i = 0; i < columns->nparts; i++)
		columns->places[i] = place_of(columns, columns->parts[i].name);

	for (HeadClause *clause = question->condition; clause; clause = clause->next)
	{
		for (HeadTerm *term = clause->terms; term; term = term->next)
		{
			term->column_place = place_of(columns, term->column);
			if (term->other)
				term->other_place = place_of(columns, term->other);
		}
	}
}

void
free_head_columns(HeadColumns *columns)
{
	if (columns->nparts == 0)
		return;
	free_head_column_parts(columns->parts, columns->nparts);
	pfree(columns->names);
	pfree(columns->places);
	pfree(columns->parts);
}

/*
 * Tell the head of a row, of one column or several.  Whoever gets a text that
 * is joined frees it.
 */
static HeadValue
get_head(const HeadColumns *columns, const HeadValue *values)
{
	HeadValue	head = {VALUE_TEXT};
	StringInfoData joined;
	bool		unread = false;

	if (columns->nparts == 1)
		return values[columns->places[0]];

	for (int i = 0; i < columns->nparts; i++)
	{
		const HeadValue *part = &values[columns->places[i]];

		if (part->state == VALUE_NULL)
			return (HeadValue) {VALUE_NULL};
		if (part->state == VALUE_LONG)
			head.state = VALUE_LONG;
		unread |= part->text.data == NULL;
	}
	if (unread)
		return (HeadValue) {VALUE_LONG, UNREAD_HEAD};

	initStringInfo(&joined);
	for (int i = 0; i < columns->nparts; i++)
	{
		const Head *part = &values[columns->places[i]].text;

		appendStringInfoString(&joined, columns->parts[i].separator);
		appendBinaryStringInfo(&joined, part->data, part->len);
	}
	head.text = (Head) {joined.data, joined.len};
	return head;
}

static bool
is_same(const Head *value, const char *other, int len)
{
	return value->len == len && memcmp(value->data, other, len) == 0;
}

/*
 * Booleans, and what else is written for them.
 */
static bool
is_true(Row *row, const HeadTerm *term)
{
	static const char *const words[] = {
		"t", "true", "y", "yes", "on", "1", "f", "false", "n", "no", "off", "0"};
	const Head *value = &row->values[term->column_place].text;

	for (int i = 0; i < lengthof(words); i++)
	{
		if (value->len == strlen(words[i]) &&
			pg_strncasecmp(value->data, words[i], value->len) == 0)
			return i < lengthof(words) / 2;
	}
	row->error = ROW_IS_NOT_BOOLEAN;
	row->wrong = term->column;
	return false;
}

static bool
is_any(const HeadTerm *term, const Head *value)
{
	for (int i = 0; i < term->nvalues; i++)
	{
		int			len = strlen(term->values[i]);

		if (term->kind == TERM_STARTS ?
				value->len >= len && memcmp(value->data, term->values[i], len) == 0 :
				is_same(value, term->values[i], len))
			return true;
	}
	return false;
}

/*
 * True if a value is there and has been read.
 */
static bool
is_readable(Row *row, const HeadValue *value, const char *column)
{
	if (value->state == VALUE_LONG)
	{
		row->error = ROW_IS_TOO_LONG;
		row->wrong = column;
	}
	return value->state == VALUE_TEXT;
}

static bool
term_holds(Row *row, const HeadTerm *term)
{
	const HeadValue *value = &row->values[term->column_place];
	const HeadValue *other;
	bool		holds = false;

	if (term->kind == TERM_IS_NULL)
		return (value->state == VALUE_NULL) != term->negated;
	if (value->state == VALUE_NULL)
		return false;
	/* none in the list is as long as a value that was not read */
	if (term->kind == TERM_IN)
		return (value->state == VALUE_TEXT && is_any(term, &value->text)) != term->negated;
	if (!is_readable(row, value, term->column))
		return false;

	if (term->kind == TERM_EQUALS)
	{
		other = &row->values[term->other_place];
		if (!is_readable(row, other, term->other))
			return false;
		holds = is_same(&value->text, other->text.data, other->text.len);
	}
	else if (term->kind == TERM_STARTS)
		holds = is_any(term, &value->text);
	else
		holds = is_true(row, term);

	return row->error == ROW_IS_GOOD && holds != term->negated;
}

static bool
clause_holds(Row *row, const HeadClause *clause)
{
	for (HeadTerm *term = clause->terms; term; term = term->next)
	{
		if (!term_holds(row, term))
			return false;
	}
	return true;
}

/*
 * Take note of what one row says.  If something is wrong with it, *column tells
 * where.
 */
HeadRowError
note_row(const HeadColumns *columns, const HeadValue *values,
		 const HeadQuestion *question, FoundHeads *found, const char **column)
{
	Row			row = {.columns = columns, .values = values};
	HeadValue	head = get_head(columns, values);
	const Head *text = head.state == VALUE_NULL ? NULL : &head.text;
	bool		counts = true;
	bool		undone = false;
	bool		unfinished = false;

	for (HeadClause *clause = question->condition; clause; clause = clause->next)
	{
		bool		holds = clause_holds(&row, clause);

		if (clause->kind == CLAUSE_COUNT)
			counts = holds;
		else if (clause->kind == CLAUSE_FAILED && holds)
			note_failed(question, found, text);
		else if (clause->kind == CLAUSE_COVERS && holds)
			note_cover(question, found, text);
		else if (clause->kind == CLAUSE_UNFINISHED)
			unfinished |= holds;
		else if (clause->kind == CLAUSE_UNDONE)
			undone |= holds;
	}
	if (has_clause(question->condition, CLAUSE_UNFINISHED))
		note_last(question, found, text, unfinished);
	if (text && (counts || undone))
		note_change(question, found, text, undone ? -1 : 1);
	if (columns->nparts > 1 && text && text->data)
		pfree(unconstify(char *, text->data));

	*column = row.wrong;
	return row.error;
}
