/*-------------------------------------------------------------------------
 *
 * head_value.h
 *		The values of a head table's row, as text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_VALUE_H
#define GW_BOOTSTRAP_HEAD_VALUE_H

#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "shared/head_row.h"

/* How the values of a column become text. */
typedef struct ColumnText
{
	Form_pg_attribute column;
	bool		is_text;		/* values are their own text */
	Oid			type;			/* of a domain, what it is a domain of */
	FmgrInfo	output;			/* if not is_text */
} ColumnText;

extern bool has_column(Relation rel, const char *name);
extern ColumnText *prepare_columns(Relation rel, const HeadColumns *columns);
extern bool get_values(TupleTableSlot *slot, ColumnText *how, int ncolumns, HeadValue *values);

#endif							/* GW_BOOTSTRAP_HEAD_VALUE_H */
