/*-------------------------------------------------------------------------
 *
 * copied_heads.h
 *		The rows of a head table that is read by COPY.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COPIED_HEADS_H
#define COPIED_HEADS_H

#include "lock/plain/table_columns.h"
#include "server/copy.h"

typedef struct CopiedHeads
{
	RowTaker	taker;			/* first */
	const HeadQuestion *question;
	const TableColumns *table;
	FoundHeads	found;
} CopiedHeads;

extern void begin_copied_heads(CopiedHeads *heads, const HeadQuestion *question,
							   const TableColumns *table, const char *table_name);
extern char *head_list_text(const HeadList *list);

#endif							/* COPIED_HEADS_H */
