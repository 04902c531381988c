/*-------------------------------------------------------------------------
 *
 * head_row.h
 *		One row of a head table, as text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_ROW_H
#define GW_BOOTSTRAP_HEAD_ROW_H

#include "shared/head_column.h"
#include "shared/head_judge.h"

typedef enum HeadValueState
{
	VALUE_NULL,
	VALUE_TEXT,
	VALUE_LONG					/* too long to be a head; see Head */
} HeadValueState;

typedef struct HeadValue
{
	HeadValueState state;
	Head		text;
} HeadValue;

/* The columns that a question names: each once, those of the head first. */
typedef struct HeadColumns
{
	const char **names;
	int			ncolumns;
	HeadColumn *parts;			/* what makes the head, in order */
	int		   *places;			/* of the parts, in a row */
	int			nparts;
} HeadColumns;

/* What is wrong with a row. */
typedef enum HeadRowError
{
	ROW_IS_GOOD,
	ROW_IS_NOT_BOOLEAN,			/* a value should be true or false */
	ROW_IS_TOO_LONG				/* a value is too long for the condition */
} HeadRowError;

extern void plan_head_columns(HeadColumns *columns, const HeadQuestion *question, bool whole);
extern void free_head_columns(HeadColumns *columns);
extern HeadRowError note_row(const HeadColumns *columns, const HeadValue *values,
							 const HeadQuestion *question, FoundHeads *found,
							 const char **column);

#endif							/* GW_BOOTSTRAP_HEAD_ROW_H */
