/*-------------------------------------------------------------------------
 *
 * sql_create.c
 *		Create the extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"

/* Waiting for somebody else who creates it, too. */
#define CREATE_SETTINGS SQL_GO_ON "SET LOCAL lock_timeout = 10000; "

/*
 * The schema is named, since that is where the client looks first, and since
 * whatever comes first in a search_path could be anybody's.
 */
Query
sql_create_extension(void)
{
	return FIXED_QUERY(CREATE_SETTINGS "CREATE EXTENSION IF NOT EXISTS gw_bootstrap SCHEMA public",
					   NO_ROWS, "CREATE EXTENSION");
}
