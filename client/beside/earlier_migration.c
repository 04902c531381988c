/*-------------------------------------------------------------------------
 *
 * earlier_migration.c
 *		Whether an earlier migration command is still at work.
 *
 * The lock says that its client has gone, and the watcher that its command
 * has; but a server finishes the statement that it is executing, however long
 * that takes, before it looks whether anybody wants the result.  And where the
 * guard was lost on the way, its command has a moment to end.
 *
 * So this is asked by whoever has the lock and is about to migrate, in
 * whichever way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "beside/earlier_migration.h"
#include "run/run.h"
#include "server/answer.h"
#include "sql/sql_beside.h"

/*
 * How long a command may live on after the loss of its guard: the grace, and
 * time to notice and to kill.
 */
#define OUTLIVE_MS (GRACE_LOST_MS + 2000)

/*
 * How often, and how soon again, to look at a session of which we may see only
 * whether it is in a transaction.  A statement that commits on its way is not
 * in one for at most a tenth of the time.
 */
#define HIDDEN_LOOKS 12
#define HIDDEN_PAUSE_MS 7

/*
 * Somebody has the lock.  One who migrates in a transaction of his own, by a file
 * of SQL, leaves nothing behind when that has ended; a guard never has an xid.
 */
bool
note_holder(Run *run, const TryResult *found, Step *step)
{
	bool		migrates_itself = false;

	run->waited_for_lock = true;
	if (found->holder_state == HOLDER_ORPHANED)
		return true;
	if (found->holder_pid[0] == '\0')
		log_debug("who had the lock cannot be told any more");
	else if (run->options->migrate_sql != NULL)
		session_ask(&run->session, sql_has_xid(atoi(found->holder_pid)), run->deadline.attempt,
					&migrates_itself);
	run->lock_was_taken = !migrates_itself;
	return true;
}

/*
 * We waited for somebody who gave up the lock without reaching head.  If that
 * is because the guard was lost, the command is being stopped just now.
 * Returns false if the time is up before it has ended for sure.
 */
bool
let_command_end(Run *run)
{
	if (!run->lock_was_taken)
		return true;
	run->lock_was_taken = false;
	set_reason(&run->reason, EXIT_DEADLINE, NULL,
			   "another replica has given up the lock, and its command may live on for %d s",
			   OUTLIVE_MS / 1000);
	log_debug("%s", run->reason.message);
	wait_until(NULL, 0, Min(run->deadline.end, now_ms() + OUTLIVE_MS));
	return stop_signal() == 0 && now_ms() < run->deadline.end;
}

/*
 * NULL, and the failure set, if that cannot be told.
 */
PGresult *
ask_for_migrations(Session *session, const Options *options, Millis deadline)
{
	PGresult   *result = NULL;

	for (int look = 0; look < HIDDEN_LOOKS; look++)
	{
		PQclear(result);
		result = session_query(session, sql_earlier_migration(&options->target, OUTLIVE_MS),
							   deadline);
		if (result == NULL || PQgetisnull(result, 0, EARLIER_PID) ||
			!PQgetisnull(result, 0, EARLIER_AT_WORK))
			break;
		wait_until(NULL, 0, now_ms() + HIDDEN_PAUSE_MS);
	}
	return result;
}

/*
 * Why to wait for a session that is at work.
 */
static void
set_at_work(Run *run, const char *pid, bool named, const char *role)
{
	char	   *hint;

	hint = psprintf("It ends with its statement; SELECT pg_terminate_backend(%s) ends it now. %s",
					pid,
					named ? "If it is the service, which a pooler lent that backend,"
							" give the service an application_name of its own." :
							"If it is no migration, give migrations a role of their own.");
	if (named)
		set_reason(&run->reason, EXIT_DEADLINE, hint,
				   "backend %s is still at work under the name of an earlier migration,"
				   " whose guard has gone",
				   pid);
	else
		set_reason(&run->reason, EXIT_DEADLINE, hint,
				   "backend %s is at work for role \"%s\", which migrates here,"
				   " but without a guard",
				   pid, role);
	free(hint);
}

/*
 * Judge what the server knows of an earlier migration.  A pooled backend keeps
 * the name of the command that used it last, so if it is idle it counts only
 * for as long as that command may have lived on; and if it is at work, that may
 * be for somebody who has no name to give it.
 */
bool
is_earlier_migration(Run *run, const PGresult *found)
{
	const char *pid = PQgetvalue(found, 0, EARLIER_PID);

	if (PQgetisnull(found, 0, EARLIER_PID) || PQgetisnull(found, 0, EARLIER_AT_WORK))
		return false;
	if (answer_is_true(found, 0, EARLIER_AT_WORK))
		set_at_work(run, pid, answer_is_true(found, 0, EARLIER_NAMED),
					PQgetvalue(found, 0, EARLIER_OUR_ROLE));
	else
		set_reason(&run->reason, EXIT_DEADLINE, NULL,
				   "backend %s was at work for an earlier migration a moment ago", pid);
	return true;
}

/*
 * No earlier migration is at work.  But one may have been committed since we
 * looked at the heads, so look again before anything is migrated.  If there is
 * nothing left to do, or it cannot be told, the step says how to go on.
 */
bool
is_still_to_do(Run *run, CommandPlan *plan, Step *step)
{
	TryResult	try = guard_ask_again(&run->session, &run->options->target, run->deadline.attempt);

	if (try.outcome == OUTCOME_ACQUIRED)
		return true;
	if (try.outcome == OUTCOME_BUSY)
		*step = handle_busy(run, &try);
	else if (try.outcome == OUTCOME_FAILED || !guard_end(&run->session, run->deadline.attempt))
		*step = handle_failure(run);
	else
		*step = STEP_AGAIN;		/* which judges it */
	return false;
}
