/*-------------------------------------------------------------------------
 *
 * turn.c
 *		Whose turn it is to run the post steps, and until when.
 *
 * With --post-in-turn one replica at a time runs them, under a lock of its own
 * that is beside the one for migrations: whoever does not ask for a turn never
 * waits for it, nor does a migration.  Like that one it belongs to a transaction,
 * ends with its replica, and is asked for without waiting for it in the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "server/answer.h"
#include "sql/sql_steps.h"
#include "steps/steps.h"

/* The pause between two looks grows no longer than wait_backoff() makes it then. */
#define LAST_ROUND 3

/* With a timeout of 0, which is for reaching head. */
#define POST_STEPS_MS 600000

/*
 * Until when the post steps may last.
 */
Millis
post_deadline(const Run *run)
{
	return run->options->timeout == 0 ? now_ms() + POST_STEPS_MS : run->deadline.end;
}

/*
 * Begin a transaction and ask for the turn in it.
 */
static bool
ask_for_turn(Session *session, const Options *options, const Deadline *deadline, bool *ours)
{
	return session_be_idle(session, options->conninfo, deadline->attempt) &&
		session_ask(session, sql_begin_turn(session->conn, &options->target), deadline->attempt,
					ours) &&
		(*ours || guard_end(session, deadline->attempt));
}

/*
 * Wait for the turn; it ends with the transaction.  Returns false if it did not
 * come, with the failure set.
 */
bool
take_turn(Session *session, const Options *options, const Deadline *deadline)
{
	bool		ours = false;

	for (int round = 0; ask_for_turn(session, options, deadline, &ours) && !ours; round++)
	{
		if (round == 0)
			log_info("waiting for the turn of this replica's post step");
		/* there may be more replicas than connections */
		session_close(session);
		if (!wait_backoff(Min(round, LAST_ROUND), deadline->end))
		{
			set_failure(&session->failure, FAILURE_RETRY, NULL,
						"another replica is running its post step");
			break;
		}
	}
	return ours;
}
