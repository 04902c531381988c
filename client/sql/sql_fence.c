/*-------------------------------------------------------------------------
 *
 * sql_fence.c
 *		What is asked about the fence.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"
#include "sql/sql_fence.h"
#include "sql/sql_locks.h"

/*
 * By which key our role is fenced, NULL or an empty text if it is not; whether
 * it is only warned; and its oid.  Without the library there is no such setting,
 * and nothing else can be taken for it.
 */
Query
sql_fence(void)
{
	return FIXED_QUERY("SELECT (SELECT setting FROM pg_catalog.pg_settings"
					   " WHERE name OPERATOR(pg_catalog.=) 'gw_bootstrap.fenced'"
					   " AND context OPERATOR(pg_catalog.=) 'internal'),"
					   " (SELECT setting OPERATOR(pg_catalog.=) 'warn' FROM pg_catalog.pg_settings"
					   " WHERE name OPERATOR(pg_catalog.=) 'gw_bootstrap.fence_mode'"
					   " AND vartype OPERATOR(pg_catalog.=) 'enum'), a.usesysid"
					   " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a",
					   ONE_ROW, "TBt");
}

/*
 * The token of the guard that this transaction is, as extension/fence_token.c
 * makes it, by functions that leave no lock behind.
 */
Query
sql_token(void)
{
	return FIXED_QUERY("SELECT pg_catalog.substr(pg_catalog.encode(pg_catalog.sha256("
					   "pg_catalog.convert_to(pg_catalog.format('%s %s %s', l.virtualtransaction,"
					   " a.pid, (pg_catalog.date_part('epoch'::pg_catalog.text, a.backend_start)"
					   " OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8),"
					   " 'UTF8'::pg_catalog.name)),"
					   " 'hex'::pg_catalog.text), 1, 32)"
					   " FROM pg_catalog.pg_lock_status() l,"
					   " pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a"
					   " WHERE l.pid OPERATOR(pg_catalog.=) a.pid"
					   " AND l.virtualxid OPERATOR(pg_catalog.=) l.virtualtransaction",
					   ONE_ROW, "t");
}

/*
 * Whether a session of the fenced role, by its oid, shows that token, or any
 * has the tag that only such a session can have while the lock is ours.
 */
Query
sql_token_seen(const Target *target, const char *role, const char *token)
{
	return (Query) {psprintf("SELECT EXISTS (SELECT FROM"
							 " (SELECT pg_catalog.pg_stat_clear_snapshot()::pg_catalog.text AS anew"
							 " OFFSET 0) c, LATERAL pg_catalog.pg_stat_get_activity("
							 "CASE WHEN c.anew IS NULL THEN 0 END) a"
							 " WHERE a.usesysid OPERATOR(pg_catalog.=) %s::pg_catalog.oid"
							 " AND pg_catalog.starts_with(a.application_name,"
							 " 'gw_bootstrap migration %s'::pg_catalog.text))"
							 " OR EXISTS (SELECT FROM pg_catalog.pg_lock_status() l"
							 " WHERE " SQL_HAS_KEY
							 " AND l.objsubid OPERATOR(pg_catalog.=) 3::pg_catalog.int2"
							 " AND l.granted"
							 " AND l.database OPERATOR(pg_catalog.=) (SELECT o.datid"
							 " FROM pg_catalog.pg_stat_get_activity("
							 "pg_catalog.pg_backend_pid()) o))",
							 role, token, KEY_HALVES(target->lock_key)),
					ONE_ROW, "b"};
}
