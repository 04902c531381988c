/*-------------------------------------------------------------------------
 *
 * head_judge.h
 *		What the rows of a head table mean.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_JUDGE_H
#define GW_BOOTSTRAP_HEAD_JUDGE_H

#include "shared/head_condition.h"
#include "shared/heads.h"

/* What is asked of a table. */
typedef struct HeadQuestion
{
	char	   *column;			/* or several of them, see head_column.c */
	HeadSet    *expected;		/* NULL: list what is there */
	HeadSet    *known;			/* NULL: no known set */
	HeadRule	rule;
	HeadOrder	order;
	HeadClause *condition;		/* NULL: every row counts, and none has failed */
	bool		collect;		/* keep the heads, not only the answer */
} HeadQuestion;

/* A row with a head, where others may take it back. */
typedef struct HeadChange
{
	Head		head;
	Head		key;
	int			count;			/* 1, or -1 for one that does */
} HeadChange;

/* What one reading of the head table found. */
typedef struct FoundHeads
{
	HeadList	current;		/* if asked to collect */
	HeadList	failed;			/* likewise */
	int			nrows;			/* rows with a head, duplicates included */
	bool		has_failed;
	bool		has_unexpected;
	bool		has_beyond;		/* of these, one beyond the expected ones */
	bool		has_before;		/* and one that is not */
	Head		greatest;		/* its key, for RULE_LATEST; no data: none */
	Head		cover;			/* the greatest baseline's key, likewise */
	Head		last;			/* the greatest row's key, likewise */
	Head		unfinished;		/* and its head, if that row is unfinished */
	HeadChange *changes;		/* until all are read; or NULL */
	int			nchanges;
} FoundHeads;

extern HeadOrder key_order(HeadRule rule, HeadOrder order);
extern bool may_stop_early(const HeadQuestion *question);
extern void begin_judging(const HeadQuestion *question, FoundHeads *found);
extern void note_head(const HeadQuestion *question, FoundHeads *found, const Head *head);
extern void note_change(const HeadQuestion *question, FoundHeads *found, const Head *head,
						int count);
extern void note_failed(const HeadQuestion *question, FoundHeads *found, const Head *head);
extern void note_cover(const HeadQuestion *question, FoundHeads *found, const Head *head);
extern void note_last(const HeadQuestion *question, FoundHeads *found, const Head *head,
					  bool unfinished);
extern bool judging_is_done(const HeadQuestion *question, FoundHeads *found);
extern HeadOutcome judge_heads(const HeadQuestion *question, FoundHeads *found);
extern void free_found_heads(FoundHeads *found);

#endif							/* GW_BOOTSTRAP_HEAD_JUDGE_H */
