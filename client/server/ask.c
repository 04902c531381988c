/*-------------------------------------------------------------------------
 *
 * ask.c
 *		Ask the server, and wait for the answer within bounds.
 *
 * Of time and of memory: a server that never stops talking keeps nobody from
 * the deadline, from a signal, or from the memory that others need.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/resource.h>

#include "base/log.h"
#include "server/answer.h"
#include "server/ask.h"

/*
 * Without an answer for that long, connect anew: a server that is stuck may
 * have been replaced by another.  Nothing that we ask takes long, but it may
 * have to wait for a pooler's free backend.
 */
#define ANSWER_MS 20000

/* An answer that takes longer is worth a word. */
#define UNANSWERED_MS 1000

/* undefined_function */
#define NO_SUCH_FUNCTION "42883"

static long
peak_memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/*
 * From now on, so much may be taken by what the server says.
 */
void
limit_memory(Session *session)
{
	session->memory_limit = peak_memory() + ANSWER_MB * 1024L;
}

/*
 * Unless it is, the connection is closed, on which more would come.
 */
bool
memory_is_left(Session *session)
{
	if (peak_memory() <= session->memory_limit)
		return true;
	set_answer_failure(&session->failure, "it takes more than %d MB of memory", ANSWER_MB);
	session->failure.too_long = true;
	session_drop(session);
	return false;
}

/*
 * Wait for the socket, and let the caller say so from time to time: behind a
 * pooler without a free backend that is where a replica waits.
 */
static bool
wait_for_socket(Session *session, short events, Millis until)
{
	struct pollfd fd = {.fd = PQsocket(session->conn), .events = events};
	Millis		patience = now_ms() + UNANSWERED_MS;
	Millis		due;

	if (fd.fd < 0)
		return false;
	while (session->report != NULL && (due = Max(*session->report_due, patience)) < until)
	{
		if (wait_until(&fd, 1, due))
			return true;
		if (stop_signal() != 0 || now_ms() >= until)
			return false;
		session->report(session->report_arg);
	}
	return wait_until(&fd, 1, until);
}

/*
 * Wait until the server has something to say, or to be told.  A server that
 * always has is not listened to for longer than one that is silent.  That the time
 * was up is worth retrying if the deadline of the whole has not come.
 */
bool
wait_for_server(Session *session, short events, Millis until, const char *doing)
{
	if (wait_for_socket(session, events, until) && stop_signal() == 0 && now_ms() < until)
		return true;
	if (stop_signal() != 0)
		set_failure(&session->failure, FAILURE_FINAL, NULL,
					"stopped by a signal while %s", doing);
	else
		set_failure(&session->failure, FAILURE_RETRY,
					"Check that the server or pooler is alive and that its pool is not exhausted.",
					"no answer from the database while %s", doing);
	session->failure.timed_out = true;
	return false;
}

/*
 * Take what the server has said.
 */
bool
session_read(Session *session)
{
	if (!memory_is_left(session))
		return false;
	if (PQconsumeInput(session->conn) == 1)
		return true;
	session_broke(session);
	return false;
}

/*
 * Send a statement, which may have a password in it.
 */
bool
session_send_text(Session *session, const char *text)
{
	if (session->conn == NULL)
		return false;			/* it was dropped, and the failure tells why */
	limit_memory(session);
	if (PQsendQuery(session->conn, text) == 1)
		return true;
	set_connection_failure(&session->failure, session->conn);
	return false;
}

/*
 * Send a statement of ours, whose text is freed.
 */
bool
session_send(Session *session, Query *query)
{
	bool		sent;

	log_debug("sending: %s", query->text);
	sent = session_send_text(session, query->text);
	free(query->text);
	query->text = NULL;
	return sent;
}

/*
 * Tell the server all, and hear it out until it has a result for us.
 */
static bool
wait_for_result(Session *session, Millis until)
{
	int			unsent;

	while ((unsent = PQflush(session->conn)) == 1 || PQisBusy(session->conn))
	{
		short		events = unsent ? POLLIN | POLLOUT : POLLIN;
		const char *doing = unsent ? "sending a query" : "waiting for the result of a query";

		if (unsent < 0)
		{
			set_connection_failure(&session->failure, session->conn);
			return false;
		}
		if (!wait_for_server(session, events, until, doing) || !session_read(session))
			return false;
	}
	return true;
}

/*
 * One result.  Returns false, and the failure set, if the connection is of no
 * more use.
 */
static bool
handle_result(Session *session, PGresult *result, Millis until)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COPY_OUT && session->take_rows != NULL)
		return session->take_rows(session, until);
	if (status != PGRES_COPY_OUT && status != PGRES_COPY_IN && status != PGRES_COPY_BOTH)
		return true;
	set_answer_failure(&session->failure, "its kind is %s", PQresStatus(status));
	session_drop(session);
	return false;
}

static bool
has_failed(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

/*
 * Receive the result of the last statement sent, or of the first that failed.
 * NULL, and the failure set, if the connection broke or the time was up.
 */
PGresult *
session_receive(Session *session, Millis until)
{
	PGresult   *last = NULL;
	PGresult   *result = NULL;

	while (wait_for_result(session, until))
	{
		result = PQgetResult(session->conn);
		if (result == NULL && last != NULL)
			return last;
		if (result == NULL)
		{
			set_answer_failure(&session->failure, "there is no answer");
			session_drop(session);
			return NULL;
		}
		if (!handle_result(session, result, until))
			break;
		if (last == NULL || !has_failed(last))
		{
			PQclear(last);
			last = result;
		}
		else
			PQclear(result);	/* only that the connection has ended, too */
		result = NULL;
	}
	PQclear(result);
	PQclear(last);
	return NULL;
}

void
advise_on_standby(Session *session)
{
	if (session->standby_hint != NULL && strcmp(session->failure.sqlstate, STANDBY_SQLSTATE) == 0)
		failure_add_hint(&session->failure, session->standby_hint);
}

/*
 * A result is an error: set the failure.  One that does not say which is not
 * the server's, unless it is libpq's own, of a connection that has ended.
 */
void
session_error(Session *session, const PGresult *result)
{
	Failure    *failure = &session->failure;
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *source = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
	bool		whole = sqlstate && strlen(sqlstate) == 5 && message && *message;

	if (!whole && (PQstatus(session->conn) == CONNECTION_OK || PQresultErrorField(result, PG_DIAG_SEVERITY) != NULL))
	{
		set_answer_failure(failure, "an error that does not tell which: %s",
						   PQresultErrorMessage(result));
		session_drop(session);
	}
	else if (!whole && strstr(PQresultErrorMessage(result), "lost synchronization with server"))
		set_answer_failure(failure, "%s", PQresultErrorMessage(result));
	else
	{
		set_result_failure(failure, session->conn, result);
		advise_on_standby(session);
		/* the validator of a language, of a function that is not in it: to us there is none */
		if (source && strcmp(source, "CheckFunctionValidatorAccess") == 0 &&
			strcmp(failure->sqlstate, "42501") == 0)
			strlcpy(failure->sqlstate, NO_SUCH_FUNCTION, sizeof(failure->sqlstate));
	}
}

/*
 * Whether a result is one to what was asked.  Unless it is, the failure is set.
 */
bool
check_result(Session *session, const PGresult *result, const Query *query)
{
	if (has_failed(result))
		session_error(session, result);
	else if (check_answer(result, query, &session->failure))
	{
		session->failure.kind = FAILURE_NONE;
		return true;
	}
	else
		session_drop(session);
	return false;
}

/*
 * Whether the transaction is as the query should leave it.  In one that is not
 * ours we would see what nobody has committed.  What an error leaves is known only
 * where there was no transaction.
 */
static bool
check_transaction(Session *session, bool expected, bool failed)
{
	PGTransactionStatusType status = PQtransactionStatus(session->conn);
	const char *found = status == PQTRANS_INERROR ? "has failed" : "was not begun";

	if (PQstatus(session->conn) != CONNECTION_OK || (failed && expected))
		return true;
	if (status == (expected ? PQTRANS_INTRANS : PQTRANS_IDLE))
		return true;
	set_answer_failure(&session->failure, "it is that of a transaction which %s", found);
	session_drop(session);
	return false;
}

/*
 * Ask, and receive the answer.  NULL, and the failure set, unless that is one
 * to what was asked, in a transaction that has neither ended by itself nor not
 * even begun.
 */
PGresult *
session_query(Session *session, Query query, Millis until)
{
	bool		expected = query.effect == TX_BEGINS ||
		(query.effect == TX_STAYS && PQtransactionStatus(session->conn) != PQTRANS_IDLE);
	PGresult   *result = NULL;

	if (session_send(session, &query))
		result = session_receive(session, Min(until, now_ms() + ANSWER_MS));
	if (result == NULL)
		return NULL;
	if (expected && !(query.effect == TX_BEGINS && has_failed(result)) &&
		PQstatus(session->conn) == CONNECTION_OK &&
		PQtransactionStatus(session->conn) == PQTRANS_IDLE)
		set_cut_failure(&session->failure);
	else
	{
		bool		good = check_result(session, result, &query);

		if (check_transaction(session, expected, !good) && good)
			return result;
	}
	PQclear(result);
	return NULL;
}
