/*-------------------------------------------------------------------------
 *
 * sql_doctor.c
 *		What "gw_bootstrap doctor" asks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/migration_tool.h"
#include "pqexpbuffer.h"
#include "sql/sql.h"
#include "sql/sql_doctor.h"

#define SETTING(name) "pg_catalog.current_setting('" name "'::pg_catalog.text, true)"
#define NUMBER(name) "pg_catalog.current_setting('" name "'::pg_catalog.text)::pg_catalog.int4"
#define MINUS " OPERATOR(pg_catalog.-) "

/* How many there are, of those that the condition after it leaves. */
#define SESSIONS \
	"(SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid IS NOT NULL"

/*
 * Begin a transaction as a guard's, but without the lock, and tell which
 * backend serves it.
 */
Query
sql_begin_pid(PGconn *conn)
{
	PQExpBufferData sql;

	begin_guard(&sql, conn);
	appendPQExpBufferStr(&sql, "SELECT pg_catalog.pg_backend_pid()");

	return (Query) {sql.data, ONE_ROW, "i", TX_BEGINS};
}

/*
 * By what name and as what role the server knows us.
 */
Query
sql_own_name(void)
{
	return FIXED_QUERY("SELECT pg_catalog.current_setting('application_name'), session_user",
					   ONE_ROW, "tt");
}

Query
sql_doctor_server(PGconn *conn, const Target *target)
{
	return FIXED_QUERY("SELECT " SETTING("server_version") ", pg_catalog.pg_is_in_recovery()",
					   ONE_ROW, "tb");
}

/*
 * The version installed, its schema, and the version that could be created.
 */
Query
sql_doctor_extension(PGconn *conn, const Target *target)
{
	return FIXED_QUERY("SELECT e.extversion, n.nspname, a.default_version FROM (SELECT 1) one"
					   " LEFT JOIN pg_catalog.pg_extension e"
					   " ON e.extname OPERATOR(pg_catalog.=) 'gw_bootstrap'"
					   " LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
					   " e.extnamespace"
					   " LEFT JOIN pg_catalog.pg_available_extensions a"
					   " ON a.name OPERATOR(pg_catalog.=) 'gw_bootstrap'",
					   ONE_ROW, "TTT");
}

/*
 * A statement that loads the library, and runs nothing of it.  The validator of
 * the language does that for a function in C, and fails for any other.
 */
static void
append_load_library(PQExpBuffer sql, PGconn *conn, const char *schema)
{
	PQExpBufferData name;

	initPQExpBuffer(&name);
	append_identifier(&name, conn, schema);
	appendPQExpBufferStr(&name, ".gw_bootstrap_token(pg_catalog.int8)");
	appendPQExpBufferStr(sql, "SELECT pg_catalog.fmgr_c_validator(");
	append_literal(sql, conn, name.data);
	appendPQExpBufferStr(sql, "::pg_catalog.regprocedure); ");
	termPQExpBuffer(&name);
}

/*
 * The version of the library, after loading it.
 */
Query
sql_doctor_library(PGconn *conn, const char *schema)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_load_library(&sql, conn, schema);
	appendPQExpBufferStr(&sql, "SELECT " SETTING("gw_bootstrap.version"));

	return (Query) {sql.data, ONE_ROW, "T"};
}

/*
 * In the order of their columns; the last two are no settings.
 */
Query
sql_doctor_settings(PGconn *conn, const Target *target)
{
	static const char *const names[] = {
		[SETTING_STATEMENT_TIMEOUT] = "statement_timeout",
		[SETTING_LOCK_TIMEOUT] = "lock_timeout",
		[SETTING_IDLE_TIMEOUT] = "idle_in_transaction_session_timeout",
		[SETTING_TRANSACTION_TIMEOUT] = "transaction_timeout",
		[SETTING_ISOLATION] = "default_transaction_isolation",
		[SETTING_READ_ONLY] = "default_transaction_read_only",
		[SETTING_CHECK_INTERVAL] = "client_connection_check_interval",
		[SETTING_EXIT_ON_ERROR] = "exit_on_error"};
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql, "SELECT ");
	for (int i = 0; i < lengthof(names); i++)
		appendPQExpBuffer(&sql, SETTING("%s") ", ", names[i]);
	appendPQExpBuffer(&sql,
					  "CASE WHEN pg_catalog.inet_server_addr() IS NOT NULL THEN"
					  " %s OPERATOR(pg_catalog.+) (%s OPERATOR(pg_catalog.*) %s) END, session_user",
					  NUMBER("tcp_keepalives_idle"), NUMBER("tcp_keepalives_interval"),
					  NUMBER("tcp_keepalives_count"));

	return (Query) {sql.data, ONE_ROW, "tttTttTtIt"};
}

/*
 * How many more connections the server, the role and the database take; NULL
 * is any number.  reserved_connections came with 16.
 */
Query
sql_doctor_connections(PGconn *conn, const Target *target)
{
	static const char rows[] =
		" CASE WHEN r.rolconnlimit OPERATOR(pg_catalog.>=) 0 AND NOT r.rolsuper"
		" THEN r.rolconnlimit" MINUS SESSIONS
		" AND a.usesysid OPERATOR(pg_catalog.=) r.oid) END,"
		" CASE WHEN d.datconnlimit OPERATOR(pg_catalog.>=) 0 AND NOT r.rolsuper"
		" THEN d.datconnlimit" MINUS SESSIONS
		" AND a.datid OPERATOR(pg_catalog.=) d.oid) END"
		" FROM pg_catalog.pg_roles r, pg_catalog.pg_database d"
		" WHERE r.rolname OPERATOR(pg_catalog.=) session_user"
		" AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()";
	const char *reserved =
		PQserverVersion(conn) >= 160000 ? MINUS NUMBER("reserved_connections") : "";

	return (Query) {psprintf("SELECT " NUMBER("max_connections") " OPERATOR(pg_catalog.-) CASE WHEN r.rolsuper THEN 0"
																 " ELSE " NUMBER("superuser_reserved_connections") "%s END" MINUS SESSIONS
																												   "),%s",
							 reserved, rows),
					ONE_ROW, "iII"};
}

/*
 * Role, schema of the head table or else that of new tables, and whether
 * the role may create in it and, if there is a head table, change that one.
 */
Query
sql_doctor_privileges(PGconn *conn, const Target *target)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "SELECT current_user, n.nspname,"
						 " pg_catalog.has_schema_privilege(n.oid, 'CREATE'::pg_catalog.text),"
						 " c.relname, pg_catalog.has_table_privilege(c.oid,"
						 " 'INSERT'::pg_catalog.text)"
						 " AND pg_catalog.has_table_privilege(c.oid, 'UPDATE'::pg_catalog.text)"
						 " AND pg_catalog.has_table_privilege(c.oid, 'DELETE'::pg_catalog.text)"
						 " FROM (SELECT pg_catalog.to_regclass(");
	append_literal(&sql, conn, target->head_table);
	appendPQExpBufferStr(&sql,
						 "::pg_catalog.text)::pg_catalog.oid AS oid) t"
						 " LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.oid"
						 " LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
						 " c.relnamespace"
						 " OR c.oid IS NULL AND n.nspname OPERATOR(pg_catalog.=)"
						 " pg_catalog.current_schema()");

	return (Query) {sql.data, ONE_ROW, "tTBTB"};
}

/*
 * The tables of other tools that may have a row that says "locked": quoted
 * schema and name, the name, a quoted column; and how many sessions are at work.
 */
Query
sql_doctor_lock_tables(PGconn *conn)
{
	PQExpBufferData sql;
	const char *separator = "";

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relname,"
						 " pg_catalog.quote_ident(a.attname), (SELECT pg_catalog.count(*)"
						 " FROM pg_catalog.pg_stat_activity s"
						 " WHERE s.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
						 " AND s.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()"
						 " AND s.backend_type OPERATOR(pg_catalog.=) 'client backend'"
						 " AND (s.state IS NULL"
						 " OR s.state OPERATOR(pg_catalog.<>) 'idle'))"
						 " FROM (VALUES ");
	for (const MigrationTool *tool = migration_tools; tool->title; tool++)
	{
		if (tool->row.table == NULL)
			continue;
		appendPQExpBuffer(&sql, "%s(", separator);
		append_literal(&sql, conn, tool->row.table);
		appendPQExpBufferStr(&sql, "::pg_catalog.text, ");
		append_literal(&sql, conn, tool->row.column ? tool->row.column : "");
		appendPQExpBufferStr(&sql, "::pg_catalog.text)");
		separator = ", ";
	}
	appendPQExpBufferStr(&sql,
						 ") v (name, col)"
						 " JOIN pg_catalog.pg_class c ON c.relname OPERATOR(pg_catalog.=) v.name"
						 " AND c.relkind OPERATOR(pg_catalog.=) 'r'"
						 " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
						 " c.relnamespace"
						 " JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=)"
						 " c.oid"
						 " AND NOT a.attisdropped AND CASE WHEN v.col OPERATOR(pg_catalog.=) ''"
						 " THEN a.attnum OPERATOR(pg_catalog.=) 1 ELSE a.attname"
						 " OPERATOR(pg_catalog.=) v.col END"
						 " WHERE pg_catalog.has_column_privilege(c.oid, a.attnum,"
						 " 'SELECT'::pg_catalog.text)"
						 " AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'::pg_catalog.text)");

	return (Query) {sql.data, ANY_ROWS, "ttti"};
}

/*
 * The last statement of a backend, as long as it is idle, or NULL.
 */
Query
sql_doctor_last_statement(int pid)
{
	return (Query) {psprintf("SELECT pg_catalog.pg_stat_clear_snapshot();"
							 " SELECT (SELECT a.query FROM pg_catalog.pg_stat_activity a"
							 " WHERE a.pid OPERATOR(pg_catalog.=) %d AND a.state"
							 " OPERATOR(pg_catalog.=) 'idle')",
							 pid),
					ONE_ROW, "T"};
}
