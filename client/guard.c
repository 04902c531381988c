/*-------------------------------------------------------------------------
 *
 * guard.c
 *		The transaction that holds the lock while a command migrates.
 *
 * A heartbeat goes over it every few seconds: it keeps the idle limits of
 * poolers and firewalls away, and tells that the transaction, and with it the
 * lock, is still there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "common/logging.h"
#include "guard.h"
#include "sql.h"

/* A heartbeat that is not answered before the next is due means guard lost. */
#define HEARTBEAT_MS 3000

static void
copy_value(char *to, size_t size, const PGresult *result, int column)
{
	strlcpy(to, PQgetvalue(result, 0, column), size);
}

static TryResult
read_try(PGresult *result)
{
	TryResult	try = {.outcome = OUTCOME_FAILED};
	const char *outcome;

	if (result == NULL)
		return try;
	outcome = PQgetvalue(result, 0, 0);
	try.outcome = strcmp(outcome, "at_head") == 0 ? OUTCOME_AT_HEAD :
		strcmp(outcome, "acquired") == 0		  ? OUTCOME_ACQUIRED :
													OUTCOME_BUSY;
	if (PQgetisnull(result, 0, 1))
		strlcpy(try.current_heads, "no head table", sizeof(try.current_heads));
	else
		copy_value(try.current_heads, sizeof(try.current_heads), result, 1);
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
	return read_try(session_query(session,
								  sql_begin_and_try(session->conn, session->schema, options),
								  deadline));
}

/*
 * Ask in the guard itself whether its migration has reached head.
 */
TryResult
guard_ask_again(Session *session, const Options *options, Millis deadline)
{
	return read_try(session_query(session,
								  sql_try(session->conn, session->schema, options),
								  deadline));
}

/*
 * End the transaction, and with it the lock.
 */
bool
guard_end(Session *session, Millis deadline)
{
	PGresult   *result = session_query(session, sql_commit(), deadline);
	bool		ended = result != NULL;

	PQclear(result);
	return ended;
}

/*
 * Take what came over the guard's connection.  Returns false if the guard is
 * lost.
 */
static bool
read_heartbeat(Session *guard, bool *pending)
{
	PGresult   *result;

	if (PQconsumeInput(guard->conn) == 0)
		return false;
	while (!PQisBusy(guard->conn))
	{
		bool		alive;

		result = PQgetResult(guard->conn);
		if (result == NULL)
		{
			*pending = false;
			break;
		}
		alive = PQresultStatus(result) == PGRES_TUPLES_OK;
		PQclear(result);
		if (!alive)
			return false;
	}
	return PQstatus(guard->conn) == CONNECTION_OK &&
		(*pending || PQtransactionStatus(guard->conn) == PQTRANS_INTRANS);
}

/*
 * One step of watching the guard.  Returns false if it is lost.
 */
static bool
watch_guard(Session *guard, bool readable, bool *pending, Millis *next_heartbeat)
{
	if (readable && !read_heartbeat(guard, pending))
		return false;
	if (now_ms() < *next_heartbeat)
		return true;
	if (*pending)				/* not answered within its interval */
		return false;
	if (!session_send(guard, sql_heartbeat()) || PQflush(guard->conn) < 0)
		return false;
	*pending = true;
	*next_heartbeat = now_ms() + HEARTBEAT_MS;
	return true;
}

/*
 * Wait until the command ends, watching the guard if there is one.
 */
WatchResult
watch(Command *command, Session *guard, Millis deadline)
{
	struct pollfd fds[2] = {{.fd = command->report, .events = POLLIN}};
	bool		pending = false;
	Millis		next_heartbeat = now_ms() + HEARTBEAT_MS;

	if (guard)
		fds[1] = (struct pollfd) {.fd = PQsocket(guard->conn), .events = POLLIN};
	for (;;)
	{
		Millis		until = guard ? Min(deadline, next_heartbeat) : deadline;
		bool		event = wait_until(fds, guard ? 2 : 1, until);

		if (event && fds[0].revents != 0)
			break;
		if (stop_signal() != 0 || now_ms() >= deadline)
			return WATCH_STOPPED;
		if (guard && !watch_guard(guard, event && fds[1].revents != 0, &pending, &next_heartbeat))
			return WATCH_GUARD_LOST;
	}

	/* Leave the connection ready for the next question. */
	if (pending)
	{
		PGresult   *result = session_receive(guard, Min(deadline, now_ms() + HEARTBEAT_MS));

		if (result == NULL)
			return WATCH_GUARD_LOST;
		PQclear(result);
	}
	return WATCH_ENDED;
}
