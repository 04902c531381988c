/*-------------------------------------------------------------------------
 *
 * guard.c
 *		The transaction that holds the lock while a command migrates.
 *
 * A heartbeat goes over it every few seconds: it keeps the idle limits of
 * poolers and firewalls away, and tells that the transaction, and with it the
 * lock, is still there.
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

#include "common/logging.h"
#include "lock/guard.h"
#include "lock/plain.h"
#include "sql/sql.h"

typedef struct Heartbeat
{
	bool		pending;		/* sent, but not answered yet */
	Millis		sent;
	Query		query;
} Heartbeat;

static void
copy_value(char *to, size_t size, const PGresult *result, int column)
{
	strlcpy(to, PQgetvalue(result, 0, column), size);
}

static TryResult
read_try(PGresult *result)
{
	/* what gw_bootstrap_try() calls them, and what that means for the heads */
	static const struct
	{
		const char *word;
		Outcome		outcome;
		HeadOutcome heads;
	} outcomes[] = {
		{"at_head", OUTCOME_AT_HEAD, HEADS_AT_HEAD},
		{"ahead", OUTCOME_AHEAD, HEADS_AHEAD},
		{"failed", OUTCOME_FAILED_MIGRATION, HEADS_FAILED},
		{"acquired", OUTCOME_ACQUIRED, HEADS_BEHIND},
	};
	TryResult	try = {.outcome = OUTCOME_FAILED};
	HeadOutcome heads = HEADS_BEHIND;

	if (result == NULL)
		return try;
	try.outcome = OUTCOME_BUSY;
	for (int i = 0; i < lengthof(outcomes); i++)
	{
		if (strcmp(PQgetvalue(result, 0, 0), outcomes[i].word) == 0)
		{
			try.outcome = outcomes[i].outcome;
			heads = outcomes[i].heads;
		}
	}
	take_heads(&try.heads, heads, answer_text(result, 0, 1), answer_text(result, 0, 4));
	copy_value(try.holder_pid, sizeof(try.holder_pid), result, 2);
	copy_value(try.holder_state, sizeof(try.holder_state), result, 3);
	PQclear(result);
	return try;
}

/*
 * Begin a transaction and try to make it the guard, in one message.  Unless
 * the outcome is "acquired", the caller should end it at once.
 */
TryResult
guard_open(Session *session, const Options *options, Millis deadline)
{
	if (session->plain)
		return plain_guard_open(session, options, deadline);
	return read_try(session_query(session,
								  sql_begin_and_try(session->conn, session->schema, options),
								  deadline));
}

/*
 * Until when an answer over the guard may be waited for.  None of its
 * statements ever waits for anything on the server.
 */
static Millis
patience(Millis deadline)
{
	return Min(deadline, now_ms() + PATIENCE_MS);
}

/*
 * Ask in the guard itself whether its migration has reached head.
 */
TryResult
guard_ask_again(Session *session, const Options *options, Millis deadline)
{
	if (session->plain)
		return plain_guard_ask_again(session, options, patience(deadline));
	return read_try(session_query(session,
								  sql_try(session->conn, session->schema, options),
								  patience(deadline)));
}

/*
 * Look whether we still have the lock.
 */
bool
guard_is_alive(Session *session, Millis deadline)
{
	PGresult   *result = session_query(session, sql_heartbeat(), patience(deadline));
	bool		alive = result != NULL;

	PQclear(result);
	return alive;
}

/*
 * End the transaction, if there is one, and with it the lock.
 */
bool
guard_end(Session *session, Millis deadline)
{
	PGresult   *result;
	bool		ended;

	if (PQtransactionStatus(session->conn) == PQTRANS_IDLE)
		return true;
	result = session_query(session, sql_commit(), patience(deadline));
	ended = result != NULL;
	PQclear(result);
	return ended;
}

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
				command_go_on(command, heartbeat->sent);
			heartbeat->pending = false;
			break;
		}
		alive = check_result(guard, result, &heartbeat->query);
		PQclear(result);
		if (!alive)
			return false;
	}
	if (heartbeat->pending || PQtransactionStatus(guard->conn) == PQTRANS_INTRANS)
		return true;
	session_broke(guard);
	return false;
}

static bool
send_heartbeat(Session *guard, Heartbeat *heartbeat)
{
	heartbeat->query = sql_heartbeat();
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
 * When the next heartbeat is due, or the answer to the last one.
 */
static Millis
heartbeat_due(const Heartbeat *heartbeat)
{
	return heartbeat->sent + HEARTBEAT_MS;
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
		return send_heartbeat(guard, heartbeat);
	set_failure(&guard->failure, FAILURE_RETRY, NULL,
				"no answer from the database for %d s", PATIENCE_MS / 1000);
	return false;
}

/*
 * Wait until the command ends, watching the guard if there is one.
 */
WatchResult
await_command(Command *command, Session *guard, Millis deadline)
{
	struct pollfd fds[2] = {{.fd = command->report, .events = POLLIN}};
	Heartbeat	heartbeat = {.sent = now_ms()};

	if (guard)
		fds[1] = (struct pollfd) {.fd = PQsocket(guard->conn), .events = POLLIN};
	for (;;)
	{
		Millis		until = guard ? Min(deadline, heartbeat_due(&heartbeat)) : deadline;
		bool		event = wait_until(fds, guard ? 2 : 1, until);

		if (event && fds[0].revents != 0)
			break;
		if (stop_signal() != 0 || now_ms() >= deadline)
			return WATCH_STOPPED;
		if (guard && !watch_guard(command, guard, event && fds[1].revents != 0, &heartbeat))
			return WATCH_GUARD_LOST;
	}

	/* Leave the connection ready for the next question. */
	if (heartbeat.pending)
	{
		PGresult   *result = session_receive(guard, Min(deadline, heartbeat_due(&heartbeat)));

		if (result == NULL)
			return WATCH_GUARD_LOST;
		PQclear(result);
	}
	return WATCH_ENDED;
}
