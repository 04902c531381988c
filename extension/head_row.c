/*-------------------------------------------------------------------------
 *
 * head_row.c
 *		One row of a head table, as text.
 *
 * Every value is taken in the text form of its type, by which it is compared.
 * A term about a null is not true, as in SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "head_row.h"

typedef enum ValueState
{
	VALUE_NULL,
	VALUE_TEXT,
	VALUE_LONG					/* not read: too long to be a head */
} ValueState;

static Form_pg_attribute
look_up_column(Relation rel, const char *name)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && strcmp(NameStr(att->attname), name) == 0)
			return att;
	}
	return NULL;
}

/*
 * A scan checks no privileges: do it here.
 */
static void
check_privilege(Relation rel, AttrNumber attnum)
{
	Oid			relid = RelationGetRelid(rel);

	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		(attnum == InvalidAttrNumber ||
		 pg_attribute_aclcheck(relid, attnum, GetUserId(), ACL_SELECT) != ACLCHECK_OK))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(rel));
}

/* True if the values are their own text. */
static bool
is_text_type(Oid type)
{
	return type == VARCHAROID || type == TEXTOID || type == BPCHAROID;
}

/*
 * Find a column and how its values become text.  The name is taken literally,
 * as by pg_get_serial_sequence().
 */
static void
prepare_column(ColumnText *how, Relation rel, const char *name)
{
	Form_pg_attribute column = look_up_column(rel, name);

	check_privilege(rel, column ? column->attnum : InvalidAttrNumber);
	if (column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						name, RelationGetRelationName(rel))));
	if (compat_is_virtual(column))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of relation \"%s\" is a virtual generated column",
						name, RelationGetRelationName(rel)),
				 errhint("Name a column that is stored.")));

	how->column = column;
	how->type = column->atttypid;
	if (!is_text_type(how->type))
		how->type = getBaseType(how->type);
	how->is_text = is_text_type(how->type);
	if (!how->is_text)
	{
		Oid			output_function;
		bool		is_varlena;

		getTypeOutputInfo(column->atttypid, &output_function, &is_varlena);
		fmgr_info(output_function, &how->output);
	}
}

/*
 * Find the columns of the head.  One that has literally that name comes first.
 */
static void
prepare_head_columns(RowReader *reader, Relation rel, char *name)
{
	reader->ncolumns = 1;
	reader->names = NULL;
	if (look_up_column(rel, name) == NULL)
		reader->ncolumns = split_head_column(name, &reader->names);

	reader->columns = palloc_array(ColumnText, reader->ncolumns);
	for (int i = 0; i < reader->ncolumns; i++)
		prepare_column(&reader->columns[i], rel, reader->names ? reader->names[i].name : name);
}

static RowTerm *
prepare_terms(Relation rel, HeadTerm *term)
{
	RowTerm    *first = NULL;
	RowTerm   **last = &first;

	for (; term; term = term->next)
	{
		RowTerm    *row_term = palloc0(sizeof(RowTerm));

		row_term->term = term;
		prepare_column(&row_term->column, rel, term->column);
		if (term->other)
			prepare_column(&row_term->other, rel, term->other);
		*last = row_term;
		last = &row_term->next;
	}
	return first;
}

/*
 * Find all columns that the question names.
 */
void
prepare_row_reader(RowReader *reader, Relation rel, const HeadQuestion *question)
{
	RowClause **last = &reader->clauses;

	prepare_head_columns(reader, rel, text_to_cstring(question->column));
	reader->clauses = NULL;
	for (HeadClause *clause = question->condition; clause; clause = clause->next)
	{
		*last = palloc0(sizeof(RowClause));
		(*last)->kind = clause->kind;
		(*last)->terms = prepare_terms(rel, clause->terms);
		last = &(*last)->next;
	}
}

/*
 * True if a value is stored out of line and too long to be an expected head:
 * fetching it could wait for a lock on the TOAST table.
 */
static bool
is_out_of_line(Datum value, Form_pg_attribute column)
{
	return column->attlen == -1 && VARATT_IS_EXTERNAL(DatumGetPointer(value)) &&
		toast_raw_datum_size(value) - VARHDRSZ > MAX_HEAD_LENGTH;
}

/*
 * Tell the text of a column, which may lie in the current memory context or be
 * the value itself.
 */
static ValueState
get_text(TupleTableSlot *slot, ColumnText *how, Head *value)
{
	bool		isnull;
	Datum		datum = slot_getattr(slot, how->column->attnum, &isnull);

	if (isnull)
		return VALUE_NULL;
	if (is_out_of_line(datum, how->column))
		return VALUE_LONG;
	if (how->is_text)
	{
		text	   *t = DatumGetTextPP(datum);

		value->data = VARDATA_ANY(t);
		value->len = VARSIZE_ANY_EXHDR(t);
		if (how->type == BPCHAROID)	/* as its cast to text does */
			value->len = bpchartruelen(VARDATA_ANY(t), value->len);
	}
	else
	{
		value->data = OutputFunctionCall(&how->output, datum);
		value->len = strlen(value->data);
	}
	return VALUE_TEXT;
}

/*
 * Tell the head of a row, of one column or several.
 */
static ValueState
get_head(RowReader *reader, TupleTableSlot *slot, Head *head)
{
	ValueState	state = VALUE_TEXT;
	StringInfoData joined;

	if (reader->ncolumns == 1)
		return get_text(slot, &reader->columns[0], head);

	initStringInfo(&joined);
	for (int i = 0; i < reader->ncolumns; i++)
	{
		Head		part;
		ValueState	part_state = get_text(slot, &reader->columns[i], &part);

		if (part_state == VALUE_NULL)
			return VALUE_NULL;
		if (part_state == VALUE_LONG)
			state = VALUE_LONG;
		if (state == VALUE_LONG)
			continue;
		appendStringInfoString(&joined, reader->names[i].separator);
		appendBinaryStringInfo(&joined, part.data, part.len);
	}
	head->data = joined.data;
	head->len = joined.len;
	return state;
}

static bool
is_same(const Head *value, const char *other, int len)
{
	return value->len == len && memcmp(value->data, other, len) == 0;
}

/*
 * Read a value as boolin() does: a column of another type may tell as much.
 */
static bool
is_true(const ColumnText *how, const Head *value)
{
	bool		result;

	if (!parse_bool_with_len(value->data, value->len, &result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("a value of column \"%s\" is neither true nor false",
						NameStr(how->column->attname)),
				 errhint("Compare it in head_condition: %s in ('...').",
						 quote_identifier(NameStr(how->column->attname)))));
	return result;
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

static void
check_not_long(const ColumnText *how, ValueState state)
{
	if (state == VALUE_LONG)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a value of column \"%s\" is too long for head_condition",
						NameStr(how->column->attname)),
				 errdetail("At most %d bytes are read.", MAX_HEAD_LENGTH)));
}

static bool
term_holds(RowTerm *row_term, TupleTableSlot *slot)
{
	HeadTerm   *term = row_term->term;
	Head		value = {NULL, 0};
	Head		other;
	ValueState	state = get_text(slot, &row_term->column, &value);
	bool		holds = false;

	if (term->kind == TERM_IS_NULL)
		return (state == VALUE_NULL) != term->negated;
	if (state == VALUE_NULL)
		return false;
	if (term->kind != TERM_IN)	/* a value in the list is never as long */
		check_not_long(&row_term->column, state);

	switch (term->kind)
	{
		case TERM_IS_NULL:
			break;
		case TERM_IS_TRUE:
			holds = is_true(&row_term->column, &value);
			break;
		case TERM_EQUALS:
			state = get_text(slot, &row_term->other, &other);
			if (state == VALUE_NULL)
				return false;
			check_not_long(&row_term->other, state);
			holds = is_same(&value, other.data, other.len);
			break;
		case TERM_IN:
			holds = state == VALUE_TEXT && is_any(term, &value);
			break;
		case TERM_STARTS:
			holds = is_any(term, &value);
			break;
	}
	return holds != term->negated;
}

static bool
clause_holds(RowClause *clause, TupleTableSlot *slot)
{
	for (RowTerm *term = clause->terms; term; term = term->next)
	{
		if (!term_holds(term, slot))
			return false;
	}
	return true;
}

/*
 * Take note of what one row says.  The current memory context need not live
 * longer than that.
 */
void
note_row(RowReader *reader, TupleTableSlot *slot,
		 const HeadQuestion *question, FoundHeads *found)
{
	Head		head;
	ValueState	state = get_head(reader, slot, &head);
	bool		counts = true;

	for (RowClause *clause = reader->clauses; clause; clause = clause->next)
	{
		bool		holds = clause_holds(clause, slot);

		if (clause->kind == CLAUSE_COUNT)
			counts = holds;
		else if (clause->kind == CLAUSE_FAILED && holds)
			note_failed(question, found, state == VALUE_TEXT ? &head : NULL);
		else if (holds)
			note_cover(question, found, state == VALUE_TEXT ? &head : NULL);
	}
	if (counts && state != VALUE_NULL)
		note_head(question, found, state == VALUE_TEXT ? &head : NULL);
}
