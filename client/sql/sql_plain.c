/*-------------------------------------------------------------------------
 *
 * sql_plain.c
 *		The SQL that does without the extension.
 *
 * The rules of sql.c hold here, too.  In the guard there is one more: it must
 * keep nothing but the advisory lock, not even the lock of a catalog.  So it
 * reads tables and views under a savepoint, to which it rolls back: that
 * releases their locks, while those taken before it stay.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "pqexpbuffer.h"
#include "sql/sql.h"
#include "sql/sql_locks.h"
#include "sql/sql_plain.h"

/*
 * For the statements that follow in the same message, or until the savepoint:
 * wait for a locked table only so long, and let row security that applies be
 * an error.  A message of several statements is a transaction by itself.
 */
#define READ_SETTINGS \
	SQL_GO_ON "SET LOCAL lock_timeout = 200; SET LOCAL row_security = off; "

/*
 * What a table has of these columns, one or more, in their order.
 */
static void
append_columns(PQExpBuffer sql, PGconn *conn, char **columns, int ncolumns)
{
	appendPQExpBufferStr(sql,
						 " LEFT JOIN LATERAL (SELECT"
						 " pg_catalog.array_agg(pg_catalog.quote_ident(a.attname::pg_catalog.text)"
						 " ORDER BY n.place),"
						 " pg_catalog.array_agg(y.typoutput OPERATOR(pg_catalog.=)"
						 " 'pg_catalog.bpcharout'::pg_catalog.regproc ORDER BY n.place),"
						 " pg_catalog.array_agg(a.attgenerated OPERATOR(pg_catalog.<>)"
						 " ''::pg_catalog.\"char\" ORDER BY n.place)"
						 " FROM pg_catalog.unnest(ARRAY[");
	for (int i = 0; i < ncolumns; i++)
	{
		appendPQExpBufferStr(sql, i > 0 ? ", " : "");
		append_literal(sql, conn, columns[i]);
	}
	appendPQExpBufferStr(sql,
						 "]::pg_catalog.text[]) WITH ORDINALITY n(name, place)"
						 " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid"
						 " OPERATOR(pg_catalog.=) c.oid"
						 " AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT"
						 " a.attisdropped"
						 " AND a.attname::pg_catalog.text OPERATOR(pg_catalog.=) n.name"
						 " LEFT JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=)"
						 " a.atttypid"
						 ") w(columns, padded, generated) ON true");
}

/*
 * What the name of the head table means.  Since 16, to_regclass() takes a name
 * that is malformed for one of a table that is missing; then the error that
 * the cast would raise tells.
 */
Query
sql_plain_find_table(PGconn *conn, const Target *target, char **columns, int ncolumns,
					 bool in_guard)
{
	PQExpBufferData sql;
	bool		soft_errors = PQserverVersion(conn) >= 160000;

	initPQExpBuffer(&sql);
	if (in_guard)
		appendPQExpBufferStr(&sql, "SAVEPOINT gw_bootstrap; ");
	appendPQExpBufferStr(&sql,
						 READ_SETTINGS
						 "SELECT pg_catalog.quote_ident(n.nspname::pg_catalog.text) "
						 "OPERATOR(pg_catalog.||) '.'::pg_catalog.text"
						 " OPERATOR(pg_catalog.||)"
						 " pg_catalog.quote_ident(c.relname::pg_catalog.text), c.relname,"
						 " c.relkind OPERATOR(pg_catalog.=) 'r'::pg_catalog.\"char\","
						 " c.relpersistence OPERATOR(pg_catalog.=) 't'::pg_catalog.\"char\","
						 " EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i"
						 " WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid),"
						 " pg_catalog.row_security_active(c.oid),"
						 " w.columns, w.padded, w.generated, current_user, ");
	appendPQExpBufferStr(&sql, soft_errors ? "e.sql_error_code, e.message" : "NULL, NULL");
	appendPQExpBufferStr(&sql, " FROM (SELECT pg_catalog.to_regclass(");
	append_literal(&sql, conn, target->head_table);
	appendPQExpBufferStr(&sql,
						 "::pg_catalog.text)::pg_catalog.oid AS oid) t"
						 " LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.oid"
						 " LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
						 " c.relnamespace");
	append_columns(&sql, conn, columns, ncolumns);
	if (soft_errors)
	{
		appendPQExpBufferStr(&sql, " LEFT JOIN LATERAL pg_catalog.pg_input_error_info(");
		append_literal(&sql, conn, target->head_table);
		appendPQExpBufferStr(&sql, "::pg_catalog.text, 'pg_catalog.regclass'::pg_catalog.text) e"
								   " ON t.oid IS NULL");
	}

	return (Query) {sql.data, ONE_ROW, "TTBBbBTTTtTT"};
}

/*
 * Read the heads, as text made by the output function of their type.  Whose
 * table it is may be anybody, and a SELECT runs what he likes: the functions of
 * a cast, or of a view that takes the table's place in the meantime; and
 * planning one is enough for those in indexes and statistics.  COPY plans
 * nothing, and reads nothing but tables.  Table and columns are as the server
 * quoted them.
 */
Query
sql_plain_read(const char *table, const char *columns)
{
	return (Query) {psprintf(READ_SETTINGS "COPY %s (%s) TO STDOUT", table, columns),
					NO_ROWS, "COPY"};
}

/*
 * End a reading in the guard: nothing of it stays.
 */
Query
sql_plain_forget(void)
{
	return FIXED_QUERY("ROLLBACK TO SAVEPOINT gw_bootstrap; RELEASE SAVEPOINT gw_bootstrap",
					   NO_ROWS, "RELEASE");
}

/* The key itself, and the second tag: that of sessions at work under the fence. */
#define KEY "1"
#define TAG "3"
#define KEY_OR_TAG KEY ", " TAG

/*
 * The locks on our key, from the function below the view pg_locks, since that
 * view would itself be locked until the guard ends.
 */
static void
append_key_locks(PQExpBuffer sql, const Target *target, const char *kinds)
{
	appendPQExpBuffer(sql,
					  " FROM pg_catalog.pg_lock_status() l"
					  " WHERE l.granted AND " SQL_HAS_KEY
					  " AND l.objsubid OPERATOR(pg_catalog.=) ANY ('{%s}'::pg_catalog.int2[])",
					  KEY_HALVES(target->lock_key), kinds);
}

/*
 * Open the guard.  CASE asks in that order: a lock that this very backend has
 * already, left there by another client of the pooler, would be given to us
 * again; and a session that is at work under an earlier guard can be told only
 * once the key was had, since it takes its tag before it looks at its guard.
 * An advisory lock in any other database is nothing to this backend.
 */
Query
sql_plain_begin_and_try(PGconn *conn, const Target *target)
{
	PQExpBufferData sql;

	begin_guard(&sql, conn);
	appendPQExpBufferStr(&sql,
						 "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby'"
						 " WHEN EXISTS (SELECT 1");
	append_key_locks(&sql, target, KEY);
	appendPQExpBuffer(&sql,
					  " AND l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()) THEN"
					  " 'reentry'"
					  " WHEN NOT pg_catalog.pg_try_advisory_xact_lock("
					  "'" INT64_FORMAT "'::pg_catalog.int8) THEN 'busy'"
					  " ELSE COALESCE((SELECT pg_catalog.min(l.pid)::pg_catalog.text",
					  target->lock_key);
	append_key_locks(&sql, target, TAG);
	appendPQExpBufferStr(&sql,
						 " AND l.database OPERATOR(pg_catalog.=) (SELECT a.datid"
						 " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a)),"
						 " 'acquired') END, pg_catalog.pg_backend_pid()");

	return (Query) {sql.data, ONE_ROW, "ti", TX_BEGINS};
}

/*
 * What sql_status() says, but for the heads, which need a statement of their
 * own, and with the holder's time unrounded as well.  A state that is hidden
 * from the role stays NULL.  Our own backend, if it has the lock outside of a
 * guard, was lent to us with it; since when is not known, as it is busy with
 * us.  Of several holders in share mode one that is in a transaction tells
 * more.
 */
Query
sql_plain_status(const Target *target)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql, SQL_GO_ON);
	appendPQExpBuffer(&sql,
					  "SELECT NULL::pg_catalog.text[] AS current_heads,"
					  " '" INT64_FORMAT "'::pg_catalog.int8 AS lock_key,"
					  " h.pid AS holder_pid, h.holder_state, ",
					  target->lock_key);
	appendPQExpBufferStr(&sql, SQL_UTC("h.since"));
	appendPQExpBufferStr(&sql,
						 " AS holder_since, h.application_name AS holder_application_name,"
						 " pg_catalog.host(h.client_addr) AS holder_client_addr,"
						 " pg_catalog.pg_is_in_recovery() AS in_recovery, h.since"
						 " FROM (SELECT 1) one LEFT JOIN LATERAL"
						 " (SELECT k.pid, a.application_name, a.client_addr,"
						 " CASE WHEN k.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() THEN"
						 " NULL"
						 " WHEN a.state OPERATOR(pg_catalog.=) 'idle'::pg_catalog.text"
						 " THEN a.state_change ELSE a.xact_start END AS since,"
						 " CASE WHEN k.pid IS NULL THEN 'prepared'"
						 " WHEN k.objsubid OPERATOR(pg_catalog.=) " TAG "::pg_catalog.int2"
						 " THEN 'active'"
						 " WHEN a.state OPERATOR(pg_catalog.=) 'idle'::pg_catalog.text"
						 " OR k.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() THEN"
						 " 'orphaned'"
						 " WHEN a.state IS NOT NULL THEN 'active' END AS holder_state"
						 " FROM (SELECT l.pid, l.objsubid");
	append_key_locks(&sql, target, KEY_OR_TAG);
	appendPQExpBufferStr(&sql,
						 " AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM"
						 " pg_catalog.pg_database d"
						 " WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())) k"
						 " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=)"
						 " k.pid"
						 " ORDER BY holder_state, k.objsubid LIMIT 1) h ON true");

	return (Query) {sql.data, ONE_ROW, "TiITTTTbT"};
}

/*
 * What gw_bootstrap_break_orphan() does about that backend: its pid if the
 * lock was an orphan and ends, else NULL.  Our own backend, which a pooler has
 * lent us with the lock on it, gives it back as often as it was taken; the
 * pointless condition keeps the look for it from being done only once.  Another
 * one has to be seen with the lock first and then idle since before that.
 */
Query
sql_plain_break_orphan(const Target *target, const char *pid)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql, SQL_GO_ON);
	appendPQExpBuffer(&sql,
					  "SELECT CASE WHEN CASE WHEN %s OPERATOR(pg_catalog.=) "
					  "pg_catalog.pg_backend_pid() THEN"
					  " (WITH RECURSIVE r(n, freed) AS (SELECT 0, true UNION ALL SELECT r.n"
					  " OPERATOR(pg_catalog.+) 1,"
					  " (SELECT CASE WHEN l.mode OPERATOR(pg_catalog.=)"
					  " 'ExclusiveLock'::pg_catalog.text"
					  " THEN pg_catalog.pg_advisory_unlock('" INT64_FORMAT "'::pg_catalog.int8)"
					  " ELSE pg_catalog.pg_advisory_unlock_shared('" INT64_FORMAT "'::pg_catalog.int8) END",
					  pid, target->lock_key, target->lock_key);
	append_key_locks(&sql, target, KEY);
	appendPQExpBufferStr(&sql,
						 " AND l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()"
						 " AND r.n OPERATOR(pg_catalog.>=) 0 LIMIT 1) FROM r WHERE r.freed)"
						 " SELECT pg_catalog.bool_or(r.freed) FROM r WHERE r.n"
						 " OPERATOR(pg_catalog.>) 0)"
						 " WHEN EXISTS (SELECT 1");
	append_key_locks(&sql, target, KEY);
	appendPQExpBuffer(&sql,
					  " AND l.pid OPERATOR(pg_catalog.=) %s) AND EXISTS"
					  " (SELECT 1 FROM pg_catalog.pg_stat_activity a"
					  " WHERE a.pid OPERATOR(pg_catalog.=) %s"
					  " AND a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
					  " AND a.state OPERATOR(pg_catalog.=) 'idle'::pg_catalog.text"
					  " AND a.state_change OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp()"
					  " OPERATOR(pg_catalog.-) '10 seconds'::pg_catalog.interval))"
					  " THEN pg_catalog.pg_terminate_backend(%s) END THEN %s END",
					  pid, pid, pid, pid);

	return (Query) {sql.data, ONE_ROW, "I"};
}
