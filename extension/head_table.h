/*-------------------------------------------------------------------------
 *
 * head_table.h
 *		Read the head table without waiting and without leaving a trace.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_TABLE_H
#define GW_BOOTSTRAP_HEAD_TABLE_H

#include "shared/head_judge.h"

typedef enum HeadTableState
{
	HEADS_READ,
	HEADS_NO_TABLE,				/* the head table does not exist */
	HEADS_LOCKED				/* somebody has it, or its TOAST table, in ACCESS EXCLUSIVE mode */
} HeadTableState;

/* One reading of a head table. */
typedef struct HeadReading
{
	HeadTableState state;
	HeadOutcome outcome;
	FoundHeads	found;
} HeadReading;

extern void read_head_table(text *table, const HeadQuestion *question, HeadReading *reading);

#endif							/* GW_BOOTSTRAP_HEAD_TABLE_H */
