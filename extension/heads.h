/*-------------------------------------------------------------------------
 *
 * heads.h
 *		Sets of heads that a caller gives, and lists of those that are found.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEADS_H
#define GW_BOOTSTRAP_HEADS_H

#include "utils/array.h"

#include "head_order.h"

/* A hundred rows of any usual head table stand on its first page. */
#define MAX_HEADS_RETURNED 100

/* Ends a head that was cut, and stands for the heads that are not returned. */
#define CUT_MARK "..."

/* A set of heads, as their keys: sorted, without duplicates. */
typedef struct HeadSet
{
	Head	   *keys;
	int			nkeys;
	bool	   *seen;			/* which of them the table has */
	int			nseen;
} HeadSet;

/* Some of the heads of a table, to be returned. */
typedef struct HeadList
{
	MemoryContext context;		/* of the copies */
	Datum		heads[MAX_HEADS_RETURNED];	/* text, distinct */
	int			nheads;
	bool		has_null;		/* a row without a head, besides */
	bool		cut;			/* there are, or may be, others */
} HeadList;

extern void make_head_set(ArrayType *array, const char *name, HeadOrder order, HeadSet *set);
extern int	find_in_head_set(const HeadSet *set, const Head *key);
extern void forget_seen_heads(HeadSet *set);
extern void add_to_head_list(HeadList *list, const Head *head);
extern ArrayType *head_list_array(HeadList *list);

#endif							/* GW_BOOTSTRAP_HEADS_H */
