/*-------------------------------------------------------------------------
 *
 * sql_fence.c
 *		What is asked about the fence.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"

/*
 * By which key our role is fenced, or an empty text; no row without the
 * library.  Nobody else can set it, nor be taken for it.
 */
Query
sql_fence_key(void)
{
	return FIXED_QUERY("SELECT setting FROM pg_catalog.pg_settings"
					   " WHERE name OPERATOR(pg_catalog.=) 'gw_bootstrap.fenced'"
					   " AND context OPERATOR(pg_catalog.=) 'internal'",
					   MAYBE_ROW, "T");
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
					   " OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8), 'UTF8'::pg_catalog.name)),"
					   " 'hex'::pg_catalog.text), 1, 32)"
					   " FROM pg_catalog.pg_lock_status() l,"
					   " pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a"
					   " WHERE l.pid OPERATOR(pg_catalog.=) a.pid"
					   " AND l.virtualxid OPERATOR(pg_catalog.=) l.virtualtransaction",
					   ONE_ROW, "t");
}
