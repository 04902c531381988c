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

typedef enum WatchResult
{
	WATCH_ENDED,				/* the command has ended */
	WATCH_GUARD_LOST,			/* the lock is gone */
	WATCH_STOPPED				/* the deadline has passed, or a signal came */
} WatchResult;

extern WatchResult await_command(Command *command, Session *guard, const Options *options,
								 Millis deadline);

#endif							/* WATCH_H */
