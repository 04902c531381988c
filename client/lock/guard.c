/*-------------------------------------------------------------------------
 *
 * guard.c
 *		The transaction that holds the lock while a command migrates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "common/logging.h"
#include "lock/guard.h"
#include "lock/plain.h"
#include "sql/sql.h"

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
