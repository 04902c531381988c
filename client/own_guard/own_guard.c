/*-------------------------------------------------------------------------
 *
 * own_guard.c
 *		A client that waits for the guard under which it runs.
 *
 * It is the command of another client, or a part of it, so the lock is not given
 * up before it has ended.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "command/command.h"
#include "own_guard/own_guard.h"
#include "server/answer.h"
#include "sql/sql_own_guard.h"

/* What names of guards, apart by blanks, have in them. */
#define NAMES "0123456789/@ "

/*
 * Somebody has the lock.  Say so if that will never end.
 */
static bool
may_wait(Run *run, const TryResult *found, Step *step)
{
	const Options *options = run->options;
	const char *guards = getenv(GUARD_VARIABLE);
	bool		own = false;

	if (guards == NULL || guards[strspn(guards, NAMES)] != '\0')
		return true;
	session_ask(&run->session, sql_is_guard(&options->target, guards), run->deadline.attempt, &own);
	if (!own)
		return true;
	log_event(LOG_ERROR, NULL,
			  psprintf("Run the migration tool itself under the guard, or give one of the two"
					   " another lock by %s.",
					   option_source("--lock-key")),
			  "lock " INT64_FORMAT " is held by the guard under which this client runs itself",
			  options->target.lock_key);
	*step = end_with(run, EXIT_REFUSED);
	return false;
}

void
take_own_guard(Run *run)
{
	ADD_PART(run->when_busy, may_wait);
	look_for_deadlock(run);
}
