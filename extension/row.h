/*-------------------------------------------------------------------------
 *
 * row.h
 *		What the functions have to tell, column by column.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_ROW_H
#define GW_BOOTSTRAP_ROW_H

#include "head_question.h"

#define MAX_COLUMNS 10

typedef struct Row
{
	int			ncolumns;
	const Oid  *types;
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];
} Row;

extern bool is_at_head(FunctionCallInfo fcinfo, const HeadArguments *arguments);
extern void make_try_row(FunctionCallInfo fcinfo, const HeadArguments *arguments, Row *row);
extern void make_status_row(FunctionCallInfo fcinfo, const HeadArguments *arguments, Row *row);

#endif							/* GW_BOOTSTRAP_ROW_H */
