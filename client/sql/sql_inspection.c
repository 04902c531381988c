/*-------------------------------------------------------------------------
 *
 * sql_inspection.c
 *		Calls of the extension beyond those of a start.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"

/* The columns of gw_bootstrap_status(), times in UTC. */
#define HOLDER SQL_ITEM(2) " AS holder_pid, " SQL_ITEM(3)
#define HOLDER_SINCE SQL_UTC("(" SQL_ITEM(4) ")::pg_catalog.timestamptz")
#define HOLDER_ADDRESS "pg_catalog.host((" SQL_ITEM(6) ")::pg_catalog.inet)"
#define ACTIVITY HOLDER_SINCE ", " SQL_ITEM(5) ", " HOLDER_ADDRESS
#define OUTCOME SQL_ITEM(7) ", " SQL_ITEM(8) ", " SQL_ITEM(9)
#define STATUS_COLUMNS SQL_ITEM(0) ", " SQL_ITEM(1) ", " HOLDER ", " ACTIVITY ", " OUTCOME

Query
sql_status(PGconn *conn, const char *schema, const Target *target)
{
	return ask_extension(conn, schema, target, SQL_STATUS, STATUS_COLUMNS, "TiITTTTbTT");
}

Query
sql_break_orphan(PGconn *conn, const char *schema, const Target *target)
{
	return ask_extension(conn, schema, target, "gw_bootstrap_break_orphan", SQL_ITEM(0), "I");
}
