/*-------------------------------------------------------------------------
 *
 * orphan.c
 *		What a waiting replica does about an orphaned lock.
 *
 * A pooled backend with an orphan on it is "active" whenever the pooler lends
 * it out, so once seen as orphaned a holder counts as such for as long as it
 * holds the lock.  What is done about it stays safe for one that is not: the
 * extension looks again, and ends no backend that has anything to do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "lock/way/inspection.h"
#include "orphans/orphan.h"

/* Pids of backends, or empty. */
static char orphan[16];			/* that was seen with an orphaned lock */
static char unbreakable[16];	/* that our role may not end */

static void
note_orphan(Run *run, TryResult *found)
{
	if (found->holder_state == HOLDER_ORPHANED)
		strlcpy(orphan, found->holder_pid, sizeof(orphan));
	else if (found->holder_pid[0] && strcmp(found->holder_pid, orphan) == 0)
		found->holder_state = HOLDER_ORPHANED;
	else
		orphan[0] = '\0';
}

static bool
is_breakable(const Run *run)
{
	return run->options->break_orphans && strcmp(orphan, unbreakable) != 0;
}

/*
 * What can be done about the orphan that was noted.
 */
static char *
advise_on_orphan(const Run *run)
{
	char	   *call;
	char	   *advice;

	if (is_breakable(run))
		return pg_strdup("It is ended once its backend has been idle for 10 s, or is lent to a"
						 " replica with --break-orphans.");
	call = run->session.way->inspection->describe_break(&run->options->target, orphan);
	advice = psprintf("If no older replica is migrating any more, run SELECT %s as a role that may,"
					  " or start with --break-orphans.",
					  call);
	free(call);
	return advice;
}

/*
 * Break an orphaned lock if that is wanted.  It is asked for in the
 * transaction of the "try", thus on the backend that has just been looked at:
 * on a pool that never rests, the way to an orphan is to be on its backend.
 * Returns false if the session failed.
 */
static bool
break_orphan(Run *run)
{
	Session    *session = &run->session;
	PGresult   *result;

	if (orphan[0] == '\0' || !is_breakable(run))
		return true;

	result = session_query(session, session->way->inspection->break_orphan(session, &run->options->target, orphan),
						   run->deadline.attempt);
	if (result != NULL)
	{
		if (!PQgetisnull(result, 0, 0))
		{
			log_warning("ended the orphaned lock " INT64_FORMAT " of backend %s",
						run->options->target.lock_key, PQgetvalue(result, 0, 0));
			run->wait_begun = 0;	/* ask soon */
		}
		PQclear(result);
		return true;
	}
	if (strcmp(session->failure.sqlstate, "42501") != 0)
		return false;
	strlcpy(unbreakable, orphan, sizeof(unbreakable));
	log_event(LOG_WARNING, session->failure.message,
			  "GRANT the role of that backend, or pg_signal_backend, to the role of this replica; "
			  "a superuser's backend takes a superuser.",
			  "not permitted to end the orphaned lock " INT64_FORMAT " of backend %s",
			  run->options->target.lock_key, orphan);
	return true;
}

static const OrphanCare care = {
	.note = note_orphan,
	.advise = advise_on_orphan,
	.end = break_orphan,
};

void
take_orphans(Run *run)
{
	run->orphans = &care;
}
