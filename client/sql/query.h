/*-------------------------------------------------------------------------
 *
 * query.h
 *		A statement of ours, and what the answer to it must look like.
 *
 *-------------------------------------------------------------------------
 */
#ifndef QUERY_H
#define QUERY_H

typedef enum Rows
{
	NO_ROWS,					/* only that it has been done */
	ONE_ROW,
	MAYBE_ROW,					/* or none */
	ANY_ROWS
} Rows;

/* What becomes of the transaction, of which there may be none. */
typedef enum Effect
{
	TX_STAYS,
	TX_BEGINS,
	TX_ENDS
} Effect;

/*
 * Each letter of "answer" is a column: text, an integer, a boolean, a version,
 * or "h", whether at head and the version of what says so; a capital one may be
 * NULL.  Without rows it is the tag of the command.  A message of several
 * statements has the answer of the last.
 */
typedef struct Query
{
	char	   *text;			/* freed once it is sent */
	Rows		rows;
	const char *answer;
	Effect		effect;
} Query;

/* Of a text that need not be made. */
#define FIXED_QUERY(text, rows, ...) ((Query) {pg_strdup(text), rows, __VA_ARGS__})

#endif							/* QUERY_H */
