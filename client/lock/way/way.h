/*-------------------------------------------------------------------------
 *
 * way.h
 *		In which way a database is asked: through the extension, or in plain SQL.
 *
 * What is asked is the same, and so are the answers.  A function that returns
 * false, or OUTCOME_FAILED, has set the failure of the session.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WAY_H
#define WAY_H

#include "lock/way/ahead.h"
#include "lock/way/holder.h"
#include "server/session.h"

/* What a look for the extension, or for what to do without it, has come to. */
typedef enum Search
{
	SEARCH_FAILED,				/* see the session's failure */
	SEARCH_IN_VAIN,				/* the same, but to do something else may help */
	SEARCH_DONE					/* the session has a way now */
} Search;

typedef enum Outcome
{
	OUTCOME_FAILED,				/* see the session's failure */
	OUTCOME_AT_HEAD,
	OUTCOME_AHEAD,
	OUTCOME_FAILED_MIGRATION,	/* a row says so; see failed_migration.c */
	OUTCOME_ACQUIRED,
	OUTCOME_BUSY
} Outcome;

/* What gw_bootstrap_try() says. */
typedef struct TryResult
{
	Outcome		outcome;
	Heads		heads;
	char		holder_pid[16]; /* or empty */
	HolderState holder_state;
} TryResult;

struct		Inspection;

typedef struct Way
{
	/* Whether the database is at head: all that most replicas ask. */
	bool		(*is_at_head)(Session *session, const Target *target, Millis until,
					   bool *at_head);

	/* What the heads are; if that fails, good for messages alone. */
	bool		(*read_heads)(Session *session, const Target *target, Millis until,
					   Heads *heads);

	/*
	 * Begin a transaction and try to make it the guard.  Unless the outcome is
	 * OUTCOME_ACQUIRED, the caller should end it at once.
	 */
	TryResult	(*open_guard)(Session *session, const Target *target, Millis until);

	/* The same in that guard, which may have brought the database to head. */
	TryResult	(*ask_again)(Session *session, const Target *target, Millis until);

	/* What is asked beyond a start. */
	const struct Inspection *inspection;
} Way;

#endif							/* WAY_H */
