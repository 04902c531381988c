/*-------------------------------------------------------------------------
 *
 * watch.h
 *		Watch the guard for as long as a command runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WATCH_H
#define WATCH_H

#include "command/command.h"
#include "server/session.h"

#define NEVER PG_INT64_MAX

typedef enum WatchResult
{
	WATCH_ENDED,				/* the command has ended */
	WATCH_GUARD_LOST,			/* the lock is gone */
	WATCH_STOPPED				/* the deadline has passed, or a signal came */
} WatchResult;

/* What the guard is asked instead of for a mere sign of life. */
typedef struct Lookout
{
	Query		(*ask)(const CommandPlan *plan);
	void		(*take)(const CommandPlan *plan, const PGresult *answer);
	Millis		due;			/* when to ask; both may put it off */
} Lookout;

extern WatchResult await_command(Command *command, Session *guard, Lookout *const *lookouts,
								 Millis deadline);

#endif							/* WATCH_H */
