/*-------------------------------------------------------------------------
 *
 * plain_guard.c
 *		The guard, where there is no extension: gw_bootstrap_try() in steps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/plain/plain.h"
#include "lock/plain/refusal.h"
#include "lock/way/guard.h"
#include "server/ask.h"
#include "sql/sql_plain.h"

/*
 * What heads that were read mean for who has the lock, or may not need it.
 */
static Outcome
outcome_of(HeadOutcome heads)
{
	switch (heads)
	{
		case HEADS_BEHIND:
		case HEADS_RUNNING:
			break;
		case HEADS_AT_HEAD:
			return OUTCOME_AT_HEAD;
		case HEADS_AHEAD:
		case HEADS_DIVERGED:
			return OUTCOME_AHEAD;
		case HEADS_FAILED:
			return OUTCOME_FAILED_MIGRATION;
	}
	return OUTCOME_ACQUIRED;
}

static TryResult
make_try(PlainReading reading, const Heads *heads)
{
	TryResult	try = {.outcome = OUTCOME_FAILED, .heads = *heads};

	if (reading == READING_LOCKED)
		try.outcome = OUTCOME_BUSY;
	else if (reading == READING_DONE)
		try.outcome = outcome_of(heads->outcome);

	return try;
}

/*
 * Say who has the lock.
 */
static bool
find_holder(Session *session, const Target *target, Millis deadline, TryResult *try)
{
	Holder		holder;

	/* told for the reader's sake alone, so done without if it is denied */
	if (!plain_ask_holder(session, target, deadline, &holder))
		return PQstatus(session->conn) == CONNECTION_OK && !session->failure.timed_out;
	strlcpy(try->holder_pid, holder.pid ? holder.pid : "", sizeof(try->holder_pid));
	try->holder_state = holder.state;
	PQclear(holder.result);

	return true;
}

/*
 * The lock is ours: look again, with a snapshot that is newer than the lock.
 */
TryResult
plain_guard_ask_again(Session *session, const Target *target, Millis deadline)
{
	Heads		heads;
	PlainReading reading = plain_read_heads(session, target, true, deadline, &heads);

	return make_try(reading, &heads);
}

/*
 * Somebody else has the lock.  End the transaction before anything else, so
 * that the next look at the states of backends is a fresh one.
 */
static TryResult
handle_busy(Session *session, const Target *target, Millis deadline, TryResult try)
{
	if (!guard_end(session, deadline) || !find_holder(session, target, deadline, &try))
		try.outcome = OUTCOME_FAILED;
	return try;
}

/*
 * What hinders us, whoever has the key: another client of this backend, or a
 * session that is still at work under an earlier guard.
 */
static TryResult
refused_by(const char *pid, HolderState state)
{
	TryResult	try = {.outcome = OUTCOME_BUSY, .holder_state = state};

	strlcpy(try.holder_pid, pid, sizeof(try.holder_pid));
	return try;
}

/*
 * Begin a transaction and try to make it the guard, whatever the heads are.
 */
TryResult
plain_guard_take(Session *session, const Target *target, Millis deadline)
{
	PGresult   *result = session_query(session,
									 sql_plain_begin_and_try(session->conn, target), deadline);
	TryResult	try = {.outcome = OUTCOME_FAILED};
	const char *answer;

	if (result == NULL)
		return try;
	answer = PQgetvalue(result, 0, 0);
	if (strcmp(answer, "acquired") == 0)
		try.outcome = OUTCOME_ACQUIRED;
	else if (strcmp(answer, "reentry") == 0)
		try = refused_by(PQgetvalue(result, 0, 1), HOLDER_ORPHANED);
	else if (isdigit((unsigned char) *answer))
		try = refused_by(answer, HOLDER_ACTIVE);
	else if (strcmp(answer, "standby") == 0)
	{
		set_refusal(&session->failure, STANDBY_SQLSTATE, NULL, "Connect to the primary server.",
					"cannot bootstrap a database during recovery");
		advise_on_standby(session);
	}
	else
		try = handle_busy(session, target, deadline, refused_by("", HOLDER_NONE));
	PQclear(result);
	return try;
}

/*
 * Begin a transaction and try to make it the guard, unless the database is at
 * head or ahead.
 */
TryResult
plain_guard_open(Session *session, const Target *target, Millis deadline)
{
	Heads		heads;
	PlainReading reading = plain_read_heads(session, target, false, deadline, &heads);
	TryResult	try;

	if (reading != READING_DONE || heads.outcome == HEADS_AT_HEAD || is_ahead(&heads))
		return make_try(reading, &heads);
	try = plain_guard_take(session, target, deadline);
	if (try.outcome == OUTCOME_ACQUIRED)
		return plain_guard_ask_again(session, target, deadline);
	try.heads = heads;
	return try;
}
