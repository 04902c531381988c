/*-------------------------------------------------------------------------
 *
 * watch.c
 *		Watch the guard for as long as a command runs.
 *
 * A heartbeat goes over it every few seconds: it keeps the idle limits of
 * poolers and firewalls away, and tells that the transaction, and with it the
 * lock, is still there.  Any other question does as well.
 *
 * A connection that ends is noticed at once.  One that has fallen silent is
 * given up when nothing came for the time of two heartbeats.  A server that
 * merely stalls still has the lock, so this may stop a migration for nothing;
 * but of a pooler whose host is gone one hears nothing either, and the server
 * has then given the lock to somebody else already.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/watch.h"
#include "lock/way/guard.h"
#include "sql/sql.h"

typedef struct Heartbeat
{
	bool		pending;		/* sent, but not answered yet */
	Millis		sent;
	Millis		answered;		/* when the last was sent that was answered */
	Query		query;
	Lookout *const *lookouts;	/* ends with NULL */
	Lookout    *asking;			/* whose query that is, or NULL */
} Heartbeat;

/*
 * Take what came over the guard's connection.  Returns false if the guard is
 * lost.
 */
static bool
read_heartbeat(Command *command, Session *guard, Heartbeat *heartbeat)
{
	if (!session_read(guard))
		return false;
	while (!PQisBusy(guard->conn))
	{
		PGresult   *result = PQgetResult(guard->conn);
		bool		alive;

		if (result == NULL)
		{
			if (heartbeat->pending)
			{
				command_go_on(command, heartbeat->sent);
				heartbeat->answered = heartbeat->sent;
			}
			heartbeat->pending = false;
			break;
		}
		alive = check_result(guard, result, &heartbeat->query);
		if (alive && heartbeat->asking)
			heartbeat->asking->take(command->plan, result);
		PQclear(result);
		if (!alive)
			return false;
	}
	if (heartbeat->pending || PQtransactionStatus(guard->conn) == PQTRANS_INTRANS)
		return true;
	session_broke(guard);
	return false;
}

/*
 * The one that is due next, or NULL.
 */
static Lookout *
next_lookout(const Heartbeat *heartbeat)
{
	Lookout    *next = NULL;

	for (Lookout *const *one = heartbeat->lookouts; *one; one++)
	{
		if (next == NULL || (*one)->due < next->due)
			next = *one;
	}
	return next;
}

static bool
send_heartbeat(const Command *command, Session *guard, Heartbeat *heartbeat)
{
	Lookout    *next = next_lookout(heartbeat);

	heartbeat->asking = next && next->due <= now_ms() ? next : NULL;
	heartbeat->query = heartbeat->asking ? next->ask(command->plan) : sql_heartbeat();
	if (!session_send(guard, &heartbeat->query))
		return false;
	if (PQflush(guard->conn) < 0)
	{
		session_broke(guard);
		return false;
	}
	heartbeat->pending = true;
	heartbeat->sent = now_ms();
	return true;
}

/*
 * When the next question is due, or the answer to the last one, which has its time
 * although we were stopped before it was sent.
 */
static Millis
heartbeat_due(const Heartbeat *heartbeat)
{
	const Lookout *next = next_lookout(heartbeat);

	if (heartbeat->pending)
		return Max(heartbeat->answered + PATIENCE_MS, heartbeat->sent + HEARTBEAT_MS);
	return Min(heartbeat->sent + HEARTBEAT_MS, next ? next->due : NEVER);
}

/*
 * One step of watching the guard.  Returns false, and the failure set, if it
 * is lost.
 */
static bool
watch_guard(Command *command, Session *guard, bool readable, Heartbeat *heartbeat)
{
	bool		due = now_ms() >= heartbeat_due(heartbeat);

	/* an answer may have come while we were not running ourselves */
	if ((readable || due) && !read_heartbeat(command, guard, heartbeat))
		return false;
	if (!due)
		return true;
	if (!heartbeat->pending)
		return send_heartbeat(command, guard, heartbeat);
	set_failure(&guard->failure, FAILURE_RETRY, NULL,
				"no answer from the database for %d s", PATIENCE_MS / 1000);
	return false;
}

/*
 * Leave the connection ready for the next question.
 */
static bool
end_watching(Session *guard, const Heartbeat *heartbeat, Millis deadline)
{
	PGresult   *result;

	if (!heartbeat->pending)
		return true;
	result = session_receive(guard, Min(deadline, heartbeat_due(heartbeat)));
	PQclear(result);
	return result != NULL;
}

/*
 * Wait until the command ends, watching the guard.
 */
WatchResult
await_command(Command *command, Session *guard, Lookout *const *lookouts, Millis deadline)
{
	struct pollfd fds[2] = {{.fd = command->report, .events = POLLIN},
							{.fd = PQsocket(guard->conn), .events = POLLIN}};
	Heartbeat	heartbeat = {.lookouts = lookouts};

	heartbeat.sent = heartbeat.answered = now_ms();
	for (;;)
	{
		bool		event = wait_until(fds, 2, Min(deadline, heartbeat_due(&heartbeat)));

		if (event && fds[0].revents != 0)
			break;
		if (stop_signal() != 0 || now_ms() >= deadline)
			return WATCH_STOPPED;
		if (!watch_guard(command, guard, event && fds[1].revents != 0, &heartbeat))
			return WATCH_GUARD_LOST;
	}

	return end_watching(guard, &heartbeat, deadline) ? WATCH_ENDED : WATCH_GUARD_LOST;
}
