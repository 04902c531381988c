/*-------------------------------------------------------------------------
 *
 * sql.c
 *		The statements of every guard, and the rules for all SQL that we send.
 *
 * A pooled backend is handed on to the gateway, so nothing may be set for the
 * session: not even search_path, which PostgreSQL's own client programs secure
 * first.  Instead every name is qualified, operators included, and every
 * argument is cast and given, so that no planted function matches better.  What
 * names no operator and yet looks one up in the search_path cannot be used: CASE x
 * WHEN, IS DISTINCT FROM, IN, BETWEEN, NULLIF, LIKE, USING and the like, which
 * .ci/rooms refuses.
 *
 * All of it goes in the simple query protocol: after the extended one, an
 * unnamed portal would keep its snapshot while the guard is open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/exit_code.h"
#include "base/log.h"
#include "common/string.h"
#include "fe_utils/string_utils.h"
#include "pqexpbuffer.h"
#include "sql/sql.h"

static void
append_quoted(PQExpBuffer sql, PGconn *conn, const char *value,
			  char *(*quote)(PGconn *conn, const char *value, size_t len))
{
	char	   *quoted = quote(conn, value, strlen(value));

	if (quoted == NULL)
	{
		char	   *why = pg_strdup(PQerrorMessage(conn));

		(void) pg_strip_crlf(why);
		log_error_hint("Check the encoding of heads and names, and PGCLIENTENCODING.",
					   "cannot quote \"%s\": %s", value, why);
		exit(EXIT_USAGE);
	}
	appendPQExpBufferStr(sql, quoted);
	PQfreemem(quoted);
}

void
append_literal(PQExpBuffer sql, PGconn *conn, const char *value)
{
	append_quoted(sql, conn, value, PQescapeLiteral);
}

/*
 * Not by fmtId(), which knows no connection, and so takes every name for UTF-8.
 */
void
append_identifier(PQExpBuffer sql, PGconn *conn, const char *name)
{
	append_quoted(sql, conn, name, PQescapeIdentifier);
}

/*
 * Begin a statement that opens the guard.  Its time limits are lifted for this transaction alone;
 * transaction_timeout came with 17.  A client whose host is gone would then
 * keep the lock until the server's TCP gives up, 2 hours by the default of
 * most systems; so that is made 30 s, and means nothing over a Unix socket.
 */
void
begin_guard(PQExpBuffer sql, PGconn *conn)
{
	initPQExpBuffer(sql);
	appendPQExpBufferStr(sql,
						 "BEGIN ISOLATION LEVEL READ COMMITTED; " SQL_GO_ON
						 "SET LOCAL idle_in_transaction_session_timeout = 0;"
						 " SET LOCAL tcp_keepalives_idle = 15; SET LOCAL tcp_keepalives_interval ="
						 " 5;"
						 " SET LOCAL tcp_keepalives_count = 3; ");
	if (PQserverVersion(conn) >= 170000)
		appendPQExpBufferStr(sql, "SET LOCAL transaction_timeout = 0; ");
}

Query
sql_heartbeat(void)
{
	return FIXED_QUERY("SELECT 1", ONE_ROW, "i");
}

Query
sql_commit(void)
{
	return FIXED_QUERY("COMMIT", NO_ROWS, "COMMIT", TX_ENDS);
}

Query
sql_rollback(void)
{
	return FIXED_QUERY("ROLLBACK", NO_ROWS, "ROLLBACK", TX_ENDS);
}
