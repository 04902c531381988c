/*-------------------------------------------------------------------------
 *
 * session.c
 *		A connection on which no call blocks without a bound.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "server/ask.h"
#include "server/hosts.h"
#include "server/precautions.h"
#include "sql/sql.h"

/*
 * A connection attempt that takes longer is tried anew: the name may lead to
 * another host by then.  It is enough for three addresses that don't answer,
 * and for PgBouncer, which tells a new client why its server refuses only when
 * it has tried that again, after 15 s (server_login_retry).
 */
#define CONNECT_ATTEMPT_MS 50000

#define UNACKNOWLEDGED_MS "15000"

/* How long a transaction may take to be ended politely. */
#define ROLLBACK_MS 300

/* What else follows from a connection string for whoever connects. */
static void (*const precautions[])(Session *session, const PQconninfoOption *options) = {
	name_look_ups,
	replace_unread_password_file,
	NULL};

/* The first is taken; it may call the others. */
static bool (*const openers[])(Session *session, const char *conninfo, Millis until) = {
	open_in_turns,
	session_try_to_open,
	NULL};

static void
begin_set_up(const Session *session)
{
	begin_blocking_call(session->blocking ? session->blocking : "the set-up of a connection");
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
		if (!wait_for_server(session, status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
							 session->turn ? session->turn(session, until) : until, "connecting") ||
			!memory_is_left(session))
		{
			session->failure.unreached = PQstatus(session->conn) == CONNECTION_STARTED;
			return false;
		}
		begin_set_up(session);
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
 * The connection broke while nobody had asked anything, or its transaction has
 * ended.
 */
void
session_broke(Session *session)
{
	if (session->last_words.kind != FAILURE_NONE)
		failure_copy(&session->failure, &session->last_words);
	else if (PQstatus(session->conn) == CONNECTION_OK && PQtransactionStatus(session->conn) == PQTRANS_IDLE)
		set_cut_failure(&session->failure);
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
bool
session_try_to_open(Session *session, const char *conninfo, Millis until)
{
	const char *const keywords[] = {"application_name", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "dbname",
									"host", "hostaddr", "port", "passfile", NULL};
	const char *const values[] = {"gw_bootstrap", UNACKNOWLEDGED_MS, "15", "5", conninfo,
								  session->host, session->hostaddr, session->port, session->passfile, NULL};

	limit_memory(session);
	begin_set_up(session);
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
	return poll_connection(session, until);
}

/*
 * Connect.  If that fails, there is no connection.
 */
bool
session_open(Session *session, const char *conninfo, Millis deadline)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	bool		opened;

	for (int i = 0; precautions[i] != NULL; i++)
		precautions[i](session, options);
	PQconninfoFree(options);
	opened = openers[0](session, conninfo, Min(deadline, now_ms() + CONNECT_ATTEMPT_MS));
	free(session->blocking);
	free(session->passfile);
	session->blocking = session->passfile = NULL;
	if (opened)
		PQsetnonblocking(session->conn, 1);
	else
		session_drop(session);
	return opened;
}

/*
 * Have something done of which there is nothing to be read.
 */
bool
session_do(Session *session, Query query, Millis until)
{
	PGresult   *result = session_query(session, query, until);

	PQclear(result);
	return result != NULL;
}

/*
 * A question of which the answer is yes or no.
 */
bool
session_ask(Session *session, Query query, Millis until, bool *answer)
{
	PGresult   *result = session_query(session, query, until);

	*answer = result != NULL && answer_is_true(result, 0, 0);
	PQclear(result);
	return result != NULL;
}

/*
 * Close a connection of which no answer can be believed any more.  The failure
 * is kept.
 */
void
session_drop(Session *session)
{
	PQfinish(session->conn);
	session->conn = NULL;
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
		session_do(session, sql_rollback(), now_ms() + ROLLBACK_MS);
	session_drop(session);
	failure_copy(&session->failure, &why);
	failure_clear(&why);
}

/*
 * Have a connection that is in no transaction: the one that is there, if it is
 * any good.
 */
bool
session_be_idle(Session *session, const char *conninfo, Millis deadline)
{
	if (session->conn != NULL && PQtransactionStatus(session->conn) != PQTRANS_IDLE)
		session_close(session);
	return session->conn != NULL || session_open(session, conninfo, deadline);
}
