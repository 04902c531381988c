/*-------------------------------------------------------------------------
 *
 * head_table.h
 *		Read the head table without waiting and without leaving a trace.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_TABLE_H
#define GW_BOOTSTRAP_HEAD_TABLE_H

#include "head_judge.h"

extern void read_head_table(const HeadQuestion *question, FoundHeads *found);

#endif							/* GW_BOOTSTRAP_HEAD_TABLE_H */
