/*-------------------------------------------------------------------------
 *
 * guard.h
 *		The transaction that holds the lock while a command migrates.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GUARD_H
#define GUARD_H

#include "command/command.h"
#include "lock/probe.h"
#include "server/session.h"

/* The time between two heartbeats. */
#define HEARTBEAT_MS 3000

/* How long a guard may be silent, and how long then who watches it. */
#define PATIENCE_MS (2 * HEARTBEAT_MS)
#define SILENCE_MS (PATIENCE_MS + 1000)

typedef enum Outcome
{
	OUTCOME_FAILED,				/* see the session's failure */
	OUTCOME_AT_HEAD,
	OUTCOME_AHEAD,
	OUTCOME_FAILED_MIGRATION,	/* a row says so; see failed_migration.c */
	OUTCOME_ACQUIRED,
	OUTCOME_BUSY
} Outcome;

/* What gw_bootstrap_try() said; strings are empty where it said NULL. */
typedef struct TryResult
{
	Outcome		outcome;
	Heads		heads;
	char		holder_pid[16];
	char		holder_state[16];
} TryResult;

typedef enum WatchResult
{
	WATCH_ENDED,				/* the command has ended */
	WATCH_GUARD_LOST,			/* the lock is gone */
	WATCH_STOPPED				/* the deadline has passed, or a signal came */
} WatchResult;

extern TryResult guard_open(Session *session, const Options *options, Millis deadline);
extern TryResult guard_ask_again(Session *session, const Options *options, Millis deadline);
extern bool guard_is_alive(Session *session, Millis deadline);
extern bool guard_end(Session *session, Millis deadline);

/* watch.c */
extern WatchResult await_command(Command *command, Session *guard, const Options *options,
								 Millis deadline);

#endif							/* GUARD_H */
