/*-------------------------------------------------------------------------
 *
 * sql_steps.c
 *		What is asked for files of SQL, and for post steps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"
#include "sql/sql_steps.h"

/*
 * Begin a transaction that is no guard, but may last as long.
 */
Query
sql_begin(PGconn *conn)
{
	PQExpBufferData sql;

	begin_guard(&sql, conn);
	return (Query) {sql.data, NO_ROWS, "SET", TX_BEGINS};
}

/*
 * The same, and ask whether it is our turn to run the post steps: in the other
 * form of the key, which is another lock.
 */
Query
sql_begin_turn(PGconn *conn, const Target *target)
{
	PQExpBufferData sql;

	begin_guard(&sql, conn);
	appendPQExpBuffer(&sql,
					  "SELECT pg_catalog.pg_try_advisory_xact_lock("
					  "'%d'::pg_catalog.int4, '%d'::pg_catalog.int4)",
					  (int32) (target->lock_key >> 32), (int32) target->lock_key);

	return (Query) {sql.data, ONE_ROW, "b", TX_BEGINS};
}

/*
 * Before statements of others: read strings as psql's lexer did, and remember
 * what decides which tables names mean, and whether we may read them.
 */
Query
sql_begin_script(void)
{
	return FIXED_QUERY("SET LOCAL standard_conforming_strings = on;"
					   " SELECT pg_catalog.current_setting('search_path'),"
					   " pg_catalog.current_setting('role')",
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
							 " CASE WHEN name OPERATOR(pg_catalog.=) 'statement_timeout' THEN"
							 " " INT64_FORMAT "::pg_catalog.int8 ELSE 1000 END AS most,"
							 " CASE WHEN vartype OPERATOR(pg_catalog.=) 'integer' THEN"
							 " setting::pg_catalog.int8 END AS current"
							 " FROM pg_catalog.pg_settings"
							 " WHERE name OPERATOR(pg_catalog.=) 'statement_timeout'"
							 " OR name OPERATOR(pg_catalog.=) 'client_connection_check_interval') s"
							 " WHERE s.current OPERATOR(pg_catalog.=) 0 OR s.current"
							 " OPERATOR(pg_catalog.>) s.most",
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
