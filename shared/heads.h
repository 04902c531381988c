/*-------------------------------------------------------------------------
 *
 * heads.h
 *		Sets of heads that a caller gives, and lists of those that are found.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEADS_H
#define GW_BOOTSTRAP_HEADS_H

#include "shared/head_order.h"

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

/* Some of the heads of a table, to be shown. */
typedef struct HeadList
{
	Head		heads[MAX_HEADS_RETURNED];	/* distinct, in order, terminated */
	int			nheads;
	bool		has_null;		/* a row without a head, besides */
	bool		cut;			/* there are, or may be, others */
} HeadList;

extern void make_head_set(HeadSet *set, const Head *heads, int nheads, HeadOrder order);
extern int	find_in_head_set(const HeadSet *set, const Head *key);
extern void forget_seen_heads(HeadSet *set);
extern void start_head_list(HeadList *list);
extern void add_to_head_list(HeadList *list, const Head *head);
extern void empty_head_list(HeadList *list);

#endif							/* GW_BOOTSTRAP_HEADS_H */
