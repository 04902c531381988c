/*-------------------------------------------------------------------------
 *
 * plain_guard.c
 *		The guard, where there is no extension: gw_bootstrap_try() in steps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "plain.h"
#include "sql_plain.h"

/* Columns of sql_plain_status(), which are those of gw_bootstrap_status(). */
enum
{
	STATUS_HOLDER_PID = 2,
	STATUS_HOLDER_STATE,
	STATUS_HOLDER_SINCE
};

static TryResult
make_try(PlainReading reading, const Heads *heads)
{
	TryResult	try = {.outcome = OUTCOME_FAILED, .heads = *heads};

	switch (reading)
	{
		case READING_FAILED:
			break;
		case READING_LOCKED:
			try.outcome = OUTCOME_BUSY;
			break;
		case READING_NOT_AT_HEAD:
			try.outcome = OUTCOME_ACQUIRED;
			break;
		case READING_AT_HEAD:
			try.outcome = OUTCOME_AT_HEAD;
			break;
	}

	return try;
}

static bool
is_orphaned(const PGresult *status)
{
	return status != NULL && strcmp(PQgetvalue(status, 0, STATUS_HOLDER_STATE), "orphaned") == 0;
}

static bool
same_value(const PGresult *a, const PGresult *b, int column)
{
	return strcmp(PQgetvalue(a, 0, column), PQgetvalue(b, 0, column)) == 0;
}

/*
 * Say who has the lock.  The states of backends are not read at the moment at
 * which the locks are, so one that is seen idle and with the lock may just have
 * begun or ended a transaction.  One that is seen so twice, idle since the
 * same moment, has not.
 */
static bool
find_holder(Session *session, const Options *options, Millis deadline, TryResult *try)
{
	PGresult   *before = session_query(session, sql_plain_status(session->conn, options), deadline);
	PGresult   *status = before;
	bool		orphaned = false;

	if (is_orphaned(before))
	{
		status = session_query(session, sql_plain_status(session->conn, options), deadline);
		orphaned = is_orphaned(status) &&
			same_value(before, status, STATUS_HOLDER_PID) &&
			same_value(before, status, STATUS_HOLDER_SINCE);
		PQclear(before);
	}
	/* told for the reader's sake alone, so done without if it is denied */
	if (status == NULL)
		return PQstatus(session->conn) == CONNECTION_OK && !session->failure.timed_out;
	strlcpy(try->holder_pid, PQgetvalue(status, 0, STATUS_HOLDER_PID), sizeof(try->holder_pid));
	strlcpy(try->holder_state,
			is_orphaned(status) && !orphaned ? "active" : PQgetvalue(status, 0, STATUS_HOLDER_STATE),
			sizeof(try->holder_state));
	PQclear(status);

	return true;
}

/*
 * The lock is ours: look again, with a snapshot that is newer than the lock.
 */
TryResult
plain_guard_ask_again(Session *session, const Options *options, Millis deadline)
{
	Heads		heads;
	PlainReading reading = plain_read_heads(session, options, true, deadline, &heads);

	return make_try(reading, &heads);
}

/*
 * Somebody else has the lock.  End the transaction before anything else, so
 * that the next look at the states of backends is a fresh one.
 */
static TryResult
handle_busy(Session *session, const Options *options, Millis deadline, TryResult try)
{
	if (!guard_end(session, deadline) || !find_holder(session, options, deadline, &try))
		try.outcome = OUTCOME_FAILED;
	return try;
}

static TryResult
try_lock(Session *session, const Options *options, Millis deadline, const Heads *heads)
{
	TryResult	try = make_try(READING_LOCKED, heads);
	PGresult   *result = session_query(session,
									 sql_plain_begin_and_try(session->conn, options), deadline);
	char		answer[16];
	char		pid[sizeof(try.holder_pid)];

	if (result == NULL)
		return make_try(READING_FAILED, heads);
	strlcpy(answer, PQgetvalue(result, 0, 0), sizeof(answer));
	strlcpy(pid, PQgetvalue(result, 0, 1), sizeof(pid));
	PQclear(result);

	if (strcmp(answer, "acquired") == 0)
		return plain_guard_ask_again(session, options, deadline);
	if (strcmp(answer, "standby") == 0)
	{
		set_failure(&session->failure, FAILURE_RETRY, "Connect to the primary server.",
					"cannot bootstrap a database during recovery");
		return make_try(READING_FAILED, heads);
	}
	if (strcmp(answer, "reentry") == 0)
	{
		strlcpy(try.holder_pid, pid, sizeof(try.holder_pid));
		strlcpy(try.holder_state, "orphaned", sizeof(try.holder_state));
		return try;
	}
	return handle_busy(session, options, deadline, try);
}

/*
 * Begin a transaction and try to make it the guard, unless the database is at
 * head.
 */
TryResult
plain_guard_open(Session *session, const Options *options, Millis deadline)
{
	Heads		heads;
	PlainReading reading = plain_read_heads(session, options, false, deadline, &heads);

	if (reading != READING_NOT_AT_HEAD)
		return make_try(reading, &heads);
	return try_lock(session, options, deadline, &heads);
}
