/*-------------------------------------------------------------------------
 *
 * session.c
 *		A connection on which no call blocks without a bound.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/exit_code.h"
#include "base/log.h"
#include "lock/plain.h"
#include "server/session.h"
#include "sql/sql.h"

/*
 * A connection attempt that takes longer is tried anew: the name may lead to
 * another host by then.  It is enough for three addresses that don't answer,
 * and for PgBouncer, which tells a new client why its server refuses only when
 * it has tried that again, after 15 s (server_login_retry).
 */
#define CONNECT_ATTEMPT_MS 50000

#define UNACKNOWLEDGED_MS "15000"

/*
 * Without an answer for that long, connect anew: a server that is stuck may
 * have been replaced by another.  Nothing that we ask takes long, but it may
 * have to wait for a pooler's free backend.
 */
#define ANSWER_MS 20000

/* An answer that takes longer is worth a word. */
#define UNANSWERED_MS 1000

/* How long a transaction may take to be ended politely. */
#define ROLLBACK_MS 300

/*
 * Wait for the server, and let the caller say so from time to time: behind a
 * pooler without a free backend that is where a replica waits.
 */
static bool
wait_for_socket(Session *session, short events, Millis deadline)
{
	struct pollfd fd = {.fd = PQsocket(session->conn), .events = events};

	Millis		patience = now_ms() + UNANSWERED_MS;
	Millis		due;

	if (fd.fd < 0)
		return false;
	while (session->report != NULL && (due = Max(*session->report_due, patience)) < deadline)
	{
		if (wait_until(&fd, 1, due))
			return true;
		if (stop_signal() != 0 || now_ms() >= deadline)
			return false;
		session->report(session->report_arg);
	}
	return wait_until(&fd, 1, deadline);
}

/*
 * Say that the time was up, which is worth retrying if the deadline of the
 * whole has not come.
 */
static void
set_timeout_failure(Session *session, const char *doing)
{
	if (stop_signal() != 0)
		set_failure(&session->failure, FAILURE_FINAL, NULL,
					"stopped by a signal while %s", doing);
	else
		set_failure(&session->failure, FAILURE_RETRY,
					"Check that the server or pooler is alive and that its pool is not exhausted.",
					"no answer from the database while %s", doing);
	session->failure.timed_out = true;
}

/*
 * Go on with a connection that has been started.  libpq wants the socket to
 * be writable first: earlier it takes a connection that nobody has refused
 * yet for one that is made, and then doesn't go on to the next address.
 */
static bool
poll_connection(Session *session, Millis until)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
	{
		if (!wait_for_socket(session, status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
							 hosts_turn(&session->hosts, session->conn, until)))
		{
			set_timeout_failure(session, "connecting");
			return false;
		}
		begin_blocking_call();
		status = PQconnectPoll(session->conn);
		end_blocking_call();
	}
	if (status != PGRES_POLLING_OK)
		set_connection_failure(&session->failure, session->conn);
	return status == PGRES_POLLING_OK;
}

/*
 * A server or pooler that ends an idle connection says why in a message that
 * libpq takes for a notice.
 */
static void
receive_notice(void *arg, const PGresult *result)
{
	Session    *session = arg;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity == NULL)		/* PgBouncer tells only this one */
		severity = PQresultErrorField(result, PG_DIAG_SEVERITY);
	if (severity != NULL && strcmp(severity, "FATAL") == 0)
		set_result_failure(&session->last_words, session->conn, result);
	log_debug("server: %s", PQresultErrorMessage(result));
}

/*
 * The connection broke while nobody had asked anything.
 */
void
session_broke(Session *session)
{
	if (session->last_words.kind != FAILURE_NONE)
		failure_copy(&session->failure, &session->last_words);
	else
		set_connection_failure(&session->failure, session->conn);
}

/*
 * Try to connect.  What stands before the connection string is a default that
 * it can override: the name by which a DBA knows the holder of the lock, which
 * is not that of the service in PGAPPNAME; and a limit for packets that nobody
 * acknowledges, after which libpq goes on to the next of several addresses.
 * Keepalives find a server that is gone while a long statement leaves nothing
 * to acknowledge.  What stands behind it overrides, unless it is NULL.
 */
static bool
try_to_open(Session *session, const char *conninfo, Millis until)
{
	const Hosts *hosts = &session->hosts;
	const char *const keywords[] = {"application_name", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "dbname",
									"host", "hostaddr", "port", NULL};
	const char *const values[] = {"gw_bootstrap", UNACKNOWLEDGED_MS, "15", "5", conninfo,
								  hosts->host, hosts->hostaddr, hosts->port, NULL};

	begin_blocking_call();
	session->conn = PQconnectStartParams(keywords, values, true);
	end_blocking_call();
	if (session->conn == NULL)
	{
		log_error("out of memory");
		exit(EXIT_STEP_FAILED);
	}
	PQsetErrorVerbosity(session->conn, PQERRORS_VERBOSE);
	failure_clear(&session->last_words);
	PQsetNoticeReceiver(session->conn, receive_notice, session);
	if (PQstatus(session->conn) == CONNECTION_BAD)
	{
		set_connection_failure(&session->failure, session->conn);
		return false;
	}
	hosts_begin(&session->hosts, session->conn, until);
	return poll_connection(session, until);
}

/*
 * Connect, to the first of the hosts that answers.  Whoever connects again and
 * again does not wait for a silent one each time.
 */
bool
session_open(Session *session, const char *conninfo, Millis deadline)
{
	Millis		until = Min(deadline, now_ms() + CONNECT_ATTEMPT_MS);
	bool		opened;
	bool		again;

	do
	{
		opened = try_to_open(session, conninfo, until);
		again = !opened && session->failure.timed_out && now_ms() < until &&
			stop_signal() == 0 && hosts_skip(&session->hosts, session->conn);
		if (!opened)
		{
			PQfinish(session->conn);
			session->conn = NULL;
		}
	} while (again);
	if (!opened || !session->hosts.skipped)
		hosts_free(&session->hosts);

	if (opened)
		PQsetnonblocking(session->conn, 1);
	return opened;
}

/*
 * Close the connection; a transaction that is open is ended first, so that a
 * pooler can keep the backend.
 */
void
session_close(Session *session)
{
	Failure		why = {0};

	if (session->conn == NULL)
		return;
	failure_copy(&why, &session->failure);
	if (PQtransactionStatus(session->conn) == PQTRANS_INTRANS ||
		PQtransactionStatus(session->conn) == PQTRANS_INERROR)
		PQclear(session_query(session, sql_rollback(), now_ms() + ROLLBACK_MS));
	PQfinish(session->conn);
	session->conn = NULL;
	failure_move(&session->failure, &why);
}

/*
 * Send a statement that may have a password in it.
 */
bool
session_send_unlogged(Session *session, const char *sql)
{
	bool		sent = PQsendQuery(session->conn, sql) == 1;

	if (!sent)
		set_connection_failure(&session->failure, session->conn);
	return sent;
}

/*
 * Send a statement, which is freed.
 */
bool
session_send(Session *session, char *sql)
{
	bool		sent;

	log_debug("sending: %s", sql);
	sent = session_send_unlogged(session, sql);
	free(sql);
	return sent;
}

static bool
flush_output(Session *session, Millis deadline)
{
	int			rc;

	while ((rc = PQflush(session->conn)) == 1)
	{
		if (!wait_for_socket(session, POLLIN | POLLOUT, deadline))
		{
			set_timeout_failure(session, "sending a query");
			return false;
		}
		if (PQconsumeInput(session->conn) == 0)
			break;
	}
	if (rc != 0)
		set_connection_failure(&session->failure, session->conn);
	return rc == 0;
}

/*
 * Receive the result of the last statement sent, or of the first that failed.
 * NULL if the connection broke or the time was up.
 */
PGresult *
session_receive(Session *session, Millis deadline)
{
	PGresult   *last = NULL;
	PGresult   *result;

	if (!flush_output(session, deadline))
		return NULL;
	for (;;)
	{
		while (PQisBusy(session->conn))
		{
			if (!wait_for_socket(session, POLLIN, deadline))
			{
				PQclear(last);
				set_timeout_failure(session, "waiting for the result of a query");
				return NULL;
			}
			if (PQconsumeInput(session->conn) == 0)
			{
				PQclear(last);
				set_connection_failure(&session->failure, session->conn);
				return NULL;
			}
		}
		result = PQgetResult(session->conn);
		if (result == NULL)
			return last;
		if (last != NULL && PQresultStatus(last) == PGRES_FATAL_ERROR)
			PQclear(result);	/* only that the connection has ended, too */
		else
		{
			PQclear(last);
			last = result;
		}
	}
}

/*
 * Send a statement of our own, which is freed, and receive its result.  NULL,
 * and the failure set, unless it succeeded.
 */
PGresult *
session_query(Session *session, char *sql, Millis deadline)
{
	PGresult   *result;

	if (!session_send(session, sql))
		return NULL;
	result = session_receive(session, Min(deadline, now_ms() + ANSWER_MS));
	if (result == NULL)
		return NULL;
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
	{
		set_result_failure(&session->failure, session->conn, result);
		PQclear(result);
		return NULL;
	}
	session->failure.kind = FAILURE_NONE;
	return result;
}

/*
 * Read the heads.  Unless that works, the failure is set, and "heads" good for
 * a message.
 */
bool
session_read_heads(Session *session, const Options *options, Millis deadline, Heads *heads)
{
	PGresult   *result;

	if (session->plain)
		return plain_read_heads(session, options, false, deadline, heads) != READING_FAILED;
	result = session_query(session, sql_current_heads(session->conn, session->schema, options),
						   deadline);
	take_heads(heads, options,
			   result == NULL ? "unknown" : PQgetisnull(result, 0, 0) ? NULL :
																		PQgetvalue(result, 0, 0));
	PQclear(result);
	return result != NULL;
}
