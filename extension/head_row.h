/*-------------------------------------------------------------------------
 *
 * head_row.h
 *		One row of a head table, as text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_ROW_H
#define GW_BOOTSTRAP_HEAD_ROW_H

#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "head_judge.h"
#include "shared/head_column.h"

/* How the values of a column become text. */
typedef struct ColumnText
{
	Form_pg_attribute column;
	bool		is_text;		/* values are their own text */
	Oid			type;			/* of a domain, what it is a domain of */
	FmgrInfo	output;			/* if not is_text */
} ColumnText;

/* A term of a condition, with the columns that it names. */
typedef struct RowTerm
{
	HeadTerm   *term;
	ColumnText	column;
	ColumnText	other;
	struct RowTerm *next;
} RowTerm;

typedef struct RowClause
{
	HeadClauseKind kind;
	RowTerm    *terms;
	struct RowClause *next;
} RowClause;

/* How a row is read. */
typedef struct RowReader
{
	ColumnText *columns;		/* whose values make the head */
	HeadColumn *names;
	int			ncolumns;
	RowClause  *clauses;
} RowReader;

extern void prepare_row_reader(RowReader *reader, Relation rel, const HeadQuestion *question);
extern void note_row(RowReader *reader, TupleTableSlot *slot,
					 const HeadQuestion *question, FoundHeads *found);

#endif							/* GW_BOOTSTRAP_HEAD_ROW_H */
