/*-------------------------------------------------------------------------
 *
 * head_condition.h
 *		What a head condition may say, for the extension and for the client.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_CONDITION_H
#define GW_BOOTSTRAP_HEAD_CONDITION_H

/* Bounds: no tool of those we know needs a tenth of them. */
#define MAX_HEAD_CONDITION_LENGTH 4096	/* bytes */
#define MAX_HEAD_CONDITION_STRING 1024

typedef enum HeadTermKind
{
	TERM_IS_TRUE,				/* [not] col */
	TERM_IS_NULL,				/* col is [not] null */
	TERM_EQUALS,				/* col = col, col <> col */
	TERM_IN,					/* col [not] in ('a', ...) */
	TERM_STARTS					/* col [not] starts 'x' */
} HeadTermKind;

typedef struct HeadTerm
{
	HeadTermKind kind;
	bool		negated;
	char	   *column;
	char	   *other;			/* TERM_EQUALS: the second column */
	char	  **values;			/* TERM_IN, TERM_STARTS */
	int			nvalues;
	int			column_place;	/* in a row, see head_row.h */
	int			other_place;
	struct HeadTerm *next;		/* joined by AND */
} HeadTerm;

/*
 * A clause holds if all of its terms do, and a term about a null does not, but
 * for the one that asks for it.
 */
typedef enum HeadClauseKind
{
	CLAUSE_COUNT,				/* the rows that count */
	CLAUSE_FAILED,				/* those that tell of a failed migration */
	CLAUSE_COVERS,				/* a baseline: those up to it are not wanted */
	CLAUSE_UNDONE,				/* those that each take one back that counts */
	CLAUSE_UNFINISHED			/* failed ones, if no row has a greater head */
} HeadClauseKind;

typedef struct HeadClause
{
	HeadClauseKind kind;
	HeadTerm   *terms;
	struct HeadClause *next;
} HeadClause;

extern bool has_clause(const HeadClause *clauses, HeadClauseKind kind);
extern const char *clause_needing_order(const HeadClause *clauses);
extern HeadClause *parse_head_condition(const char *text, char **error);

#endif							/* GW_BOOTSTRAP_HEAD_CONDITION_H */
