/*-------------------------------------------------------------------------
 *
 * sql_own_guard.c
 *		The statements that look for who waits for its own guard.
 *
 * The functions are called that are behind pg_locks and pg_stat_activity, since
 * the views themselves would be locked until the guard ends.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"
#include "sql/sql_locks.h"
#include "sql/sql_own_guard.h"

#define MAY_CALL(function) \
	"pg_catalog.has_function_privilege(" \
	"'pg_catalog." function "'::pg_catalog.text, 'EXECUTE'::pg_catalog.text)"

/*
 * An error would end the guard, so ask first whether we may.
 */
Query
sql_may_watch(void)
{
	return FIXED_QUERY("SELECT " MAY_CALL("pg_lock_status()") " AND " MAY_CALL("pg_stat_get_activity(pg_catalog.int4)") " AND " MAY_CALL("pg_stat_clear_snapshot()"),
					   ONE_ROW, "b");
}

/*
 * A session of the command, by its name, that waits for the key, and one whose last
 * statement asked for an advisory lock without waiting, and which has none.
 * What pg_stat_activity tells stays the same for the whole transaction, unless
 * it is told to look anew, and that first.
 */
Query
sql_watch(const Target *target, const char *name)
{
	char	   *sql;

	sql = psprintf("SELECT pg_catalog.min(s.pid) FILTER (WHERE s.waits),"
				   " pg_catalog.min(s.pid) FILTER (WHERE s.asks)"
				   " FROM (SELECT pg_catalog.pg_stat_clear_snapshot()::pg_catalog.text AS anew"
				   " OFFSET 0) c LEFT JOIN LATERAL"
				   " (SELECT a.pid, EXISTS (SELECT FROM pg_catalog.pg_lock_status() l"
				   " WHERE l.pid OPERATOR(pg_catalog.=) a.pid AND NOT l.granted"
				   " AND " SQL_HAS_KEY
				   " AND l.objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2) AS waits,"
				   " a.state OPERATOR(pg_catalog.<>) 'active'::pg_catalog.text"
				   " AND pg_catalog.lower(a.query) OPERATOR(pg_catalog.~~)"
				   " '%%pg\\_try\\_advisory%%'::pg_catalog.text"
				   " AND NOT EXISTS (SELECT FROM pg_catalog.pg_lock_status() h"
				   " WHERE h.pid OPERATOR(pg_catalog.=) a.pid AND h.granted"
				   " AND h.locktype OPERATOR(pg_catalog.=) 'advisory'::pg_catalog.text) AS asks"
				   " FROM pg_catalog.pg_stat_get_activity(CASE WHEN c.anew IS NULL THEN 0 END) a"
				   " WHERE pg_catalog.starts_with(a.application_name, '%s'::pg_catalog.text)) s"
				   " ON true",
				   KEY_HALVES(target->lock_key), name);
	return (Query) {sql, ONE_ROW, "II"};
}

/*
 * Whether one of these guards, their names apart by blanks, has the lock.
 */
Query
sql_is_guard(const Target *target, const char *names)
{
	return (Query) {psprintf("SELECT EXISTS (SELECT FROM pg_catalog.pg_lock_status() l"
							 " WHERE l.granted AND " SQL_HAS_KEY
							 " AND l.objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2"
							 " AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM"
							 " pg_catalog.pg_database d"
							 " WHERE d.datname OPERATOR(pg_catalog.=)"
							 " pg_catalog.current_database())"
							 " AND " SQL_GUARD_NAME " OPERATOR(pg_catalog.=)"
							 " ANY (pg_catalog.string_to_array('%s'::pg_catalog.text,"
							 " ' '::pg_catalog.text)))",
							 KEY_HALVES(target->lock_key), names),
					ONE_ROW, "b"};
}
