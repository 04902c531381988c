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

#include "base/exit_code.h"
#include "base/log.h"
#include "fe_utils/string_utils.h"
#include "pqexpbuffer.h"
#include "sql/sql.h"

void
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
Query
sql_find_extension(void)
{
	return FIXED_QUERY("SELECT n.nspname, e.extversion"
					   " FROM pg_catalog.pg_extension e"
					   " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace"
					   " WHERE e.extname OPERATOR(pg_catalog.=) 'gw_bootstrap'",
					   MAYBE_ROW, "tt");
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
append_heads(PQExpBuffer sql, PGconn *conn, const SimpleStringList *heads)
{
	appendPQExpBufferStr(sql, "ARRAY[");
	for (SimpleStringListCell *cell = heads->head; cell; cell = cell->next)
	{
		append_literal(sql, conn, cell->val);
		if (cell->next)
			appendPQExpBufferStr(sql, ", ");
	}
	appendPQExpBufferStr(sql, "]::pg_catalog.text[]");
}

/*
 * Of a set that is not known, NULL.
 */
static void
append_known_heads(PQExpBuffer sql, PGconn *conn, const SimpleStringList *heads)
{
	if (heads->head)
		append_heads(sql, conn, heads);
	else
		appendPQExpBufferStr(sql, "NULL::pg_catalog.text[]");
}

static void
append_text(PQExpBuffer sql, PGconn *conn, const char *value)
{
	if (value)
		append_literal(sql, conn, value);
	else
		appendPQExpBufferStr(sql, "NULL");
	appendPQExpBufferStr(sql, "::pg_catalog.text");
}

/*
 * Rule, order and condition, the last arguments of the functions that take
 * them.
 */
static void
append_settings(PQExpBuffer sql, PGconn *conn, const Options *options)
{
	appendPQExpBufferStr(sql, ", ");
	append_text(sql, conn, options->head_rule);
	appendPQExpBufferStr(sql, ", ");
	append_text(sql, conn, options->head_order);
	appendPQExpBufferStr(sql, ", ");
	append_text(sql, conn, options->head_condition);
}

/*
 * Whether the short form of gw_bootstrap_at_head() will do.
 */
static bool
compares_sets(const Options *options)
{
	return options->question->rule == RULE_EQUAL && options->head_condition == NULL;
}

/*
 * A statement that fails unless the function is there, is written in C, which
 * only a superuser can create, and has its library, which it loads.  That is
 * what the validator of the language checks.
 */
void
append_validate_function(PQExpBuffer sql, PGconn *conn, const char *schema,
						 const char *arguments)
{
	PQExpBufferData function;

	initPQExpBuffer(&function);
	appendPQExpBuffer(&function,
					  "%s.gw_bootstrap_at_head(%s)", fmtId(schema), arguments);
	appendPQExpBufferStr(sql, "SELECT pg_catalog.fmgr_c_validator(");
	append_literal(sql, conn, function.data);
	appendPQExpBufferStr(sql, "::pg_catalog.regprocedure)");
	termPQExpBuffer(&function);
}

/*
 * The fast path, one message of two statements.  Whoever may create functions
 * in that schema must not have theirs called, and planning a call can be
 * enough for that.  So the first statement fails, before the second is even
 * parsed, unless the function is ours; asking pg_extension instead would cost
 * a new backend as much as all the rest.
 *
 * The second tells the version of the library, too, which is loaded by then.
 */
Query
sql_probe(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_validate_function(&sql, conn, schema,
							 compares_sets(options) ? AT_HEAD_ARGUMENTS : AT_HEAD_SETTINGS_ARGUMENTS);
	appendPQExpBuffer(&sql, "; SELECT %s.gw_bootstrap_at_head(", fmtId(schema));
	append_heads(&sql, conn, &options->expected_heads);
	appendPQExpBufferStr(&sql, ", ");
	if (!compares_sets(options))
	{
		append_known_heads(&sql, conn, &options->known_heads);
		appendPQExpBufferStr(&sql, ", ");
	}
	append_table_arguments(&sql, conn, options);
	if (!compares_sets(options))
		append_settings(&sql, conn, options);
	appendPQExpBufferStr(&sql, "), pg_catalog.current_setting('gw_bootstrap.version'::pg_catalog.text, true)");

	return (Query) {sql.data, ONE_ROW, "bT"};
}

static void
append_try(PQExpBuffer sql, PGconn *conn, const char *schema, const Options *options)
{
	appendPQExpBuffer(sql,
					  "SELECT t.outcome, t.current_heads, t.holder_pid, t.holder_state, t.failed_heads"
					  " FROM %s.gw_bootstrap_try(",
					  fmtId(schema));
	append_heads(sql, conn, &options->expected_heads);
	appendPQExpBufferStr(sql, ", ");
	append_known_heads(sql, conn, &options->known_heads);
	appendPQExpBufferStr(sql, ", ");
	append_text(sql, conn, options->head_table);
	appendPQExpBuffer(sql, ", '" INT64_FORMAT "'::pg_catalog.int8, ", options->lock_key);
	append_text(sql, conn, options->head_column);
	append_settings(sql, conn, options);
	appendPQExpBufferStr(sql, ") t");
}

Query
sql_try(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_try(&sql, conn, schema, options);

	return (Query) {sql.data, ONE_ROW, "tTITT"};
}

/*
 * Open the guard.  Its time limits are lifted for this transaction alone;
 * transaction_timeout came with 17.  A client whose host is gone would then
 * keep the lock until the server's TCP gives up, 2 hours by the default of
 * most systems; so that is made 30 s, and means nothing over a Unix socket.
 */
void
append_begin_guard(PQExpBuffer sql, PGconn *conn)
{
	appendPQExpBufferStr(sql,
						 "BEGIN ISOLATION LEVEL READ COMMITTED;"
						 " SET LOCAL idle_in_transaction_session_timeout = 0;"
						 " SET LOCAL tcp_keepalives_idle = 15; SET LOCAL tcp_keepalives_interval = 5;"
						 " SET LOCAL tcp_keepalives_count = 3; ");
	if (PQserverVersion(conn) >= 170000)
		appendPQExpBufferStr(sql, "SET LOCAL transaction_timeout = 0; ");
}

Query
sql_begin_and_try(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_begin_guard(&sql, conn);
	append_try(&sql, conn, schema, options);

	return (Query) {sql.data, ONE_ROW, "tTITT"};
}

Query
sql_current_heads(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBuffer(&sql, "SELECT current_heads, outcome, failed_heads FROM %s.gw_bootstrap_status(",
					  fmtId(schema));
	append_table_arguments(&sql, conn, options);
	appendPQExpBuffer(&sql, ", '" INT64_FORMAT "'::pg_catalog.int8, ", options->lock_key);
	append_known_heads(&sql, conn, &options->expected_heads);
	appendPQExpBufferStr(&sql, ", ");
	append_known_heads(&sql, conn, &options->known_heads);
	append_settings(&sql, conn, options);
	appendPQExpBufferChar(&sql, ')');

	return (Query) {sql.data, ONE_ROW, "TTT"};
}

/*
 * Who has the lock: the eight columns of gw_bootstrap_status(), times in UTC.
 */
Query
sql_status(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql, "SELECT current_heads, lock_key, holder_pid, holder_state, ");
	appendPQExpBufferStr(&sql, SQL_UTC("holder_since"));
	appendPQExpBufferStr(&sql, ", holder_application_name, pg_catalog.host(holder_client_addr), in_recovery");
	appendPQExpBuffer(&sql, " FROM %s.gw_bootstrap_status(", fmtId(schema));
	append_table_arguments(&sql, conn, options);
	appendPQExpBuffer(&sql, ", '" INT64_FORMAT "'::pg_catalog.int8)", options->lock_key);

	return (Query) {sql.data, ONE_ROW, "TiITTTTb"};
}

Query
sql_break_orphan(const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBuffer(&sql, "SELECT %s.gw_bootstrap_break_orphan('" INT64_FORMAT "'::pg_catalog.int8, '10 seconds'::pg_catalog.interval)",
					  fmtId(schema), options->lock_key);

	return (Query) {sql.data, ONE_ROW, "I"};
}

Query
sql_heartbeat(void)
{
	return FIXED_QUERY("SELECT 1", ONE_ROW, "i");
}

Query
sql_commit(void)
{
	return FIXED_QUERY("COMMIT", NO_ROWS, "COMMIT");
}

Query
sql_rollback(void)
{
	return FIXED_QUERY("ROLLBACK", NO_ROWS, "ROLLBACK");
}

/*
 * Begin a transaction that is no guard, but may last as long.
 */
Query
sql_begin(PGconn *conn)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_begin_guard(&sql, conn);

	return (Query) {sql.data, NO_ROWS, "SET"};
}

/*
 * Before statements of others: read strings as psql's lexer did, and remember
 * what decides which tables names mean, and whether we may read them.
 */
Query
sql_begin_script(void)
{
	return FIXED_QUERY("SET LOCAL standard_conforming_strings = on;"
					   " SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('role')",
					   ONE_ROW, "tt");
}

/*
 * A statement is not to go on after the deadline, in milliseconds from now, or
 * long after its client has gone.  Limits that are lower are left, and those
 * that the server doesn't know; client_connection_check_interval came with 14.
 */
Query
sql_limit_time(int64 left)
{
	return (Query) {psprintf("SELECT pg_catalog.set_config(s.name, s.most::pg_catalog.text, true)"
							 " FROM (SELECT name,"
							 " CASE name WHEN 'statement_timeout' THEN " INT64_FORMAT "::pg_catalog.int8 ELSE 1000 END AS most,"
							 " CASE WHEN vartype OPERATOR(pg_catalog.=) 'integer' THEN setting::pg_catalog.int8 END AS current"
							 " FROM pg_catalog.pg_settings"
							 " WHERE name OPERATOR(pg_catalog.=) 'statement_timeout'"
							 " OR name OPERATOR(pg_catalog.=) 'client_connection_check_interval') s"
							 " WHERE s.current OPERATOR(pg_catalog.=) 0 OR s.current OPERATOR(pg_catalog.>) s.most",
							 left),
					ANY_ROWS, "t"};
}

/*
 * Undo the SET LOCAL of others that would change what we see, or whether there
 * is time for it, and have a point to which a look that fails can go back.
 */
Query
sql_restore_names(PGconn *conn, const char *search_path, const char *role)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql, "SELECT pg_catalog.set_config('role', ");
	append_literal(&sql, conn, role);
	appendPQExpBufferStr(&sql, ", true), pg_catalog.set_config('search_path', ");
	append_literal(&sql, conn, search_path);
	appendPQExpBufferStr(&sql,
						 ", true), pg_catalog.set_config('statement_timeout', '0', true);"
						 " SAVEPOINT gw_bootstrap_end");

	return (Query) {sql.data, NO_ROWS, "SAVEPOINT"};
}

Query
sql_back_to_end_of_script(void)
{
	return FIXED_QUERY("ROLLBACK TO SAVEPOINT gw_bootstrap_end", NO_ROWS, "ROLLBACK");
}
