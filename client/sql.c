/*-------------------------------------------------------------------------
 *
 * sql.c
 *		Every SQL statement that the client sends.
 *
 * A pooled backend is handed on to the gateway, so nothing may be set for the
 * session: not even search_path, which PostgreSQL's own client programs secure
 * first.  Instead every name is qualified, operators included, and every
 * argument is cast and given, so that no planted function matches better.
 *
 * All of it goes in the simple query protocol: after the extended one, an
 * unnamed portal would keep its snapshot while the guard is open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "exit_code.h"
#include "fe_utils/string_utils.h"
#include "log.h"
#include "pqexpbuffer.h"
#include "sql.h"

static void
append_literal(PQExpBuffer sql, PGconn *conn, const char *value)
{
	char	   *literal = PQescapeLiteral(conn, value, strlen(value));

	if (literal == NULL)
	{
		log_error_hint("Check the encoding of heads and names, and PGCLIENTENCODING.",
					   "cannot quote \"%s\": %s", value, PQerrorMessage(conn));
		exit(EXIT_USAGE);
	}
	appendPQExpBufferStr(sql, literal);
	PQfreemem(literal);
}

/*
 * Where the extension lives; no row if it isn't installed.
 */
char *
sql_find_extension(void)
{
	return pg_strdup("SELECT n.nspname, e.extversion"
					 " FROM pg_catalog.pg_extension e"
					 " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace"
					 " WHERE e.extname OPERATOR(pg_catalog.=) 'gw_bootstrap'");
}

/*
 * The arguments that all but one of the functions start with.
 */
static void
append_table_arguments(PQExpBuffer sql, PGconn *conn, const Options *options)
{
	append_literal(sql, conn, options->head_table);
	appendPQExpBufferStr(sql, "::pg_catalog.text, ");
	append_literal(sql, conn, options->head_column);
	appendPQExpBufferStr(sql, "::pg_catalog.text");
}

static void
append_heads_arguments(PQExpBuffer sql, PGconn *conn, const Options *options)
{
	appendPQExpBufferStr(sql, "ARRAY[");
	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
	{
		append_literal(sql, conn, cell->val);
		if (cell->next)
			appendPQExpBufferStr(sql, ", ");
	}
	appendPQExpBufferStr(sql, "]::pg_catalog.text[], ");
	append_table_arguments(sql, conn, options);
}

/*
 * The fast path, one message of two statements.  The first fails unless the
 * extension lives in that schema, before the second is even parsed: whoever
 * may create functions there must not have theirs called.  It tells why in
 * the text of a failing cast, which is not a constant, since those are
 * computed in advance.  It fails as well if the extension is of another major
 * version than the client.
 */
char *
sql_probe(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.=) 1 THEN 1"
						 " ELSE CAST(pg_catalog.concat('extension gw_bootstrap " GW_BOOTSTRAP_VERSION " is not in schema ', ");
	append_literal(&sql, conn, schema);
	appendPQExpBufferStr(&sql,
						 ", pg_catalog.min(e.extversion)) AS pg_catalog.int4) END"
						 " FROM pg_catalog.pg_extension e"
						 " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace"
						 " WHERE e.extname OPERATOR(pg_catalog.=) 'gw_bootstrap'"
						 " AND pg_catalog.split_part(e.extversion, '.', 1) OPERATOR(pg_catalog.=)"
						 " pg_catalog.split_part('" GW_BOOTSTRAP_VERSION "', '.', 1)"
						 " AND n.nspname OPERATOR(pg_catalog.=) ");
	append_literal(&sql, conn, schema);
	appendPQExpBuffer(&sql, "; SELECT %s.gw_bootstrap_at_head(", fmtId(schema));
	append_heads_arguments(&sql, conn, options);
	appendPQExpBufferStr(&sql, ")");

	return sql.data;
}

static void
append_try(PQExpBuffer sql, PGconn *conn, const char *schema, const Options *options)
{
	appendPQExpBuffer(sql, "SELECT outcome, current_heads, holder_pid, holder_state FROM %s.gw_bootstrap_try(",
					  fmtId(schema));
	append_heads_arguments(sql, conn, options);
	appendPQExpBuffer(sql, ", '" INT64_FORMAT "'::pg_catalog.int8)", options->lock_key);
}

char *
sql_try(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_try(&sql, conn, schema, options);

	return sql.data;
}

/*
 * Open the guard.  Its time limits are lifted for this transaction alone;
 * transaction_timeout came with 17.
 */
char *
sql_begin_and_try(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "BEGIN ISOLATION LEVEL READ COMMITTED;"
						 " SET LOCAL idle_in_transaction_session_timeout = 0; ");
	if (PQserverVersion(conn) >= 170000)
		appendPQExpBufferStr(&sql, "SET LOCAL transaction_timeout = 0; ");
	append_try(&sql, conn, schema, options);

	return sql.data;
}

char *
sql_current_heads(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBuffer(&sql, "SELECT current_heads FROM %s.gw_bootstrap_status(", fmtId(schema));
	append_table_arguments(&sql, conn, options);
	appendPQExpBuffer(&sql, ", '" INT64_FORMAT "'::pg_catalog.int8)", options->lock_key);

	return sql.data;
}

/*
 * Who has the lock: the eight columns of gw_bootstrap_status(), times in UTC.
 */
char *
sql_status(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "SELECT current_heads, lock_key, holder_pid, holder_state, " SQL_UTC("holder_since") ","
																											  " holder_application_name, pg_catalog.host(holder_client_addr), in_recovery");
	appendPQExpBuffer(&sql, " FROM %s.gw_bootstrap_status(", fmtId(schema));
	append_table_arguments(&sql, conn, options);
	appendPQExpBuffer(&sql, ", '" INT64_FORMAT "'::pg_catalog.int8)", options->lock_key);

	return sql.data;
}

char *
sql_break_orphan(const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBuffer(&sql, "SELECT %s.gw_bootstrap_break_orphan('" INT64_FORMAT "'::pg_catalog.int8, '10 seconds'::pg_catalog.interval)",
					  fmtId(schema), options->lock_key);

	return sql.data;
}

char *
sql_heartbeat(void)
{
	return pg_strdup("SELECT 1");
}

char *
sql_commit(void)
{
	return pg_strdup("COMMIT");
}

char *
sql_rollback(void)
{
	return pg_strdup("ROLLBACK");
}
