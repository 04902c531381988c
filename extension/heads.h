/*-------------------------------------------------------------------------
 *
 * heads.h
 *		The heads a caller expects, and the heads a database has.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEADS_H
#define GW_BOOTSTRAP_HEADS_H

#include "utils/array.h"

/*
 * Bounds of what is read and returned once the answer is known to be "no".
 * A hundred rows of any usual head table stand on its first page.
 */
#define MAX_HEADS_RETURNED 100
#define MAX_HEAD_LENGTH 1024	/* bytes */

/* Ends a head that was cut, and stands for the heads that are not returned. */
#define CUT_MARK "..."

/* A text value without its varlena header; not terminated. */
typedef struct Head
{
	const char *data;
	int			len;
} Head;

/* The expected heads as a set: sorted, without duplicates. */
typedef struct ExpectedHeads
{
	Head	   *heads;
	int			nheads;
	bool	   *seen;			/* which of them the table has */
	int			nseen;
} ExpectedHeads;

typedef enum HeadTableState
{
	HEADS_READ,
	HEADS_NO_TABLE,				/* the head table does not exist */
	HEADS_LOCKED				/* somebody has it in ACCESS EXCLUSIVE mode */
} HeadTableState;

/* What one reading of the head table found. */
typedef struct FoundHeads
{
	HeadTableState state;
	bool		at_head;		/* the sets are equal */
	bool		collect;		/* in: keep the heads, not only the answer */
	Datum		heads[MAX_HEADS_RETURNED + 1];	/* text; distinct; room for the mark */
	int			nheads;
	int			nrows;			/* rows with a head, duplicates included */
	bool		unexpected;		/* a head that was not expected */
	bool		cut;			/* heads were found, or may be there, that are not kept */
} FoundHeads;

extern void expect_heads(ArrayType *array, ExpectedHeads *expected);
extern void forget_seen_heads(ExpectedHeads *expected);
extern bool note_head(FoundHeads *found, ExpectedHeads *expected, const Head *head);
extern bool note_unreadable_head(FoundHeads *found);
extern ArrayType *found_heads_array(FoundHeads *found);

#endif							/* GW_BOOTSTRAP_HEADS_H */
