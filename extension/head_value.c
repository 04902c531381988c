/*-------------------------------------------------------------------------
 *
 * head_value.c
 *		The values of a head table's row, as text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "head_value.h"
#include "shared/refusals.h"
#include "toasted.h"

/* The text of a longer value is longer than a head, whatever the type. */
#define MAX_LENGTH_FETCHED (64 * 1024)

/*
 * Find a column.  The name is taken literally, as by pg_get_serial_sequence().
 */
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

bool
has_column(Relation rel, const char *name)
{
	return look_up_column(rel, name) != NULL;
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

static void
prepare_column(Relation rel, const char *name, ColumnText *how)
{
	Form_pg_attribute column = look_up_column(rel, name);

	check_privilege(rel, column ? column->attnum : InvalidAttrNumber);
	if (column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg(NO_COLUMN_TEXT,
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
 * Find the columns, check that the caller may read them, and how their values
 * become text.
 */
ColumnText *
prepare_columns(Relation rel, const HeadColumns *columns)
{
	ColumnText *how = palloc_array(ColumnText, columns->ncolumns);

	for (int i = 0; i < columns->ncolumns; i++)
		prepare_column(rel, columns->names[i], &how[i]);
	return how;
}

static void
get_text(ColumnText *how, Datum datum, Head *value)
{
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
}

/*
 * Whether the beginning of a value is enough to tell that it is too long, and how
 * it begins: not if blanks at its end do not count, or if it is no text.
 */
static bool
may_be_cut(const ColumnText *how)
{
	return how->is_text && how->type != BPCHAROID;
}

/*
 * Tell the text of a value that is stored out of line, as far as that is needed.
 * Returns false if it may be a head, and somebody has locked what it takes to
 * fetch it.
 */
static bool
get_toasted(ColumnText *how, Datum datum, HeadValue *value)
{
	int32		length = toast_raw_datum_size(datum) - VARHDRSZ;
	bool		cut = may_be_cut(how) && length > MAX_HEAD_LENGTH;
	Datum		fetched;

	*value = (HeadValue) {VALUE_LONG, UNREAD_HEAD};
	if (!may_be_cut(how) && length > MAX_LENGTH_FETCHED)
		return true;
	if (!fetch_toasted(datum, cut ? MAX_HEAD_LENGTH + 1 : length, &fetched))
		return cut;
	if (fetched == (Datum) 0)
		return true;
	get_text(how, fetched, &value->text);
	if (!cut)
		value->state = VALUE_TEXT;
	return true;
}

/*
 * Tell the texts of a row, which may lie in the current memory context or be the
 * values themselves.  Returns false if one cannot be fetched without waiting.
 */
bool
get_values(TupleTableSlot *slot, ColumnText *how, int ncolumns, HeadValue *values)
{
	for (int i = 0; i < ncolumns; i++)
	{
		bool		isnull;
		Datum		datum = slot_getattr(slot, how[i].column->attnum, &isnull);

		values[i].state = VALUE_TEXT;
		if (isnull)
			values[i].state = VALUE_NULL;
		else if (how[i].column->attlen != -1 || !is_toasted(datum))
			get_text(&how[i], datum, &values[i].text);
		else if (!get_toasted(&how[i], datum, &values[i]))
			return false;
	}
	return true;
}
