/*-------------------------------------------------------------------------
 *
 * sql_activity.c
 *		What sessions do, and which locks they have, for those who read of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "pqexpbuffer.h"
#include "sql/sql.h"

/*
 * The kind of a statement: its first word, or the words after CREATE and the
 * like that say of what.  More of it could tell a secret.
 */
#define KIND_PATTERN \
	"(?i)^[[:space:]]*((?:create|alter|drop|reindex|refresh)" \
	"(?:[[:space:]]+(?:or|replace|unique|temporary|temp|unlogged|materialized|foreign|event" \
	"|table|index|view|sequence|schema|function|procedure|trigger|type|domain|policy|rule" \
	"|statistics|extension|publication|subscription|database|role|user|concurrently))*[[:>:]]" \
	"|[a-z]+[[:>:]])"

#define KIND \
	"pg_catalog.upper(pg_catalog.regexp_replace(" \
	"pg_catalog.substring(a.query, '" KIND_PATTERN "'::pg_catalog.text)," \
	" '[[:space:]]+'::pg_catalog.text, ' '::pg_catalog.text, 'g'::pg_catalog.text))"

#define SINCE SQL_UTC("CASE WHEN a.state OPERATOR(pg_catalog.=) 'active'" \
					  " THEN a.query_start ELSE a.state_change END")

/*
 * The holder of the lock, 0 if it has no backend, and the sessions of any
 * client and its commands, as far as pg_stat_activity shows them to us; those
 * that do something first.  A backend that a pooler has back keeps the name.
 */
Query
sql_sessions(int holder_pid)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "SELECT a.pid, a.application_name, pg_catalog.host(a.client_addr), "
						 "a.state, " SINCE ", " KIND ","
						 " a.wait_event_type, a.wait_event");
	appendPQExpBuffer(&sql, ", a.pid OPERATOR(pg_catalog.=) %d", holder_pid);
	appendPQExpBufferStr(&sql,
						 " FROM pg_catalog.pg_stat_activity a"
						 " WHERE a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()"
						 " AND a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
						 " AND (pg_catalog.starts_with(a.application_name,"
						 " 'gw_bootstrap'::pg_catalog.text)");
	appendPQExpBuffer(&sql, " OR a.pid OPERATOR(pg_catalog.=) %d)", holder_pid);
	appendPQExpBufferStr(&sql,
						 " ORDER BY COALESCE(a.state OPERATOR(pg_catalog.=) 'idle', false), a.pid"
						 " LIMIT 100");

	return (Query) {sql.data, ANY_ROWS, "iTTTTTTTb"};
}

/*
 * The advisory locks of this database that backends hold, of one key or of two, and what
 * these do, as far as we may see it.  One that our own backend has was there
 * before us, left by another client of the pooler.  The names of the database,
 * of the schema and of the table, if one is given, are for keys that are made of them.
 */
Query
sql_advisory_locks(PGconn *conn, const char *table)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "SELECT ((l.classid::pg_catalog.int8 OPERATOR(pg_catalog.<<) 32)"
						 " OPERATOR(pg_catalog.|) l.objid::pg_catalog.int8), l.pid,"
						 " CASE WHEN l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() THEN"
						 " 'idle' ELSE a.state END, pg_catalog.current_database(),"
						 " COALESCE(n.nspname, pg_catalog.current_schema()), l.objsubid, c.relname"
						 " FROM pg_catalog.pg_lock_status() l"
						 " JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid"
						 " LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=)"
						 " pg_catalog.to_regclass(");
	if (table)
		append_literal(&sql, conn, table);
	else
		appendPQExpBufferStr(&sql, "NULL");
	appendPQExpBufferStr(&sql,
						 "::pg_catalog.text)::pg_catalog.oid"
						 " LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
						 " c.relnamespace"
						 " WHERE l.granted AND l.locktype OPERATOR(pg_catalog.=)"
						 " 'advisory'::pg_catalog.text"
						 " AND l.objsubid OPERATOR(pg_catalog.<=) 2::pg_catalog.int2"
						 " AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM"
						 " pg_catalog.pg_database d"
						 " WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())");

	return (Query) {sql.data, ANY_ROWS, "iiTtTiT"};
}
