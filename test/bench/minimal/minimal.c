/*-------------------------------------------------------------------------
 *
 * minimal.c
 *		The least that a program on libpq can do: connect, ask, end.
 *
 * What "gw_bootstrap check" is measured against.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>

#include "libpq-fe.h"

int
main(void)
{
	PGconn	   *conn = PQconnectdb("");
	PGresult   *result = PQexec(conn, "SELECT 1");
	int			failed = PQresultStatus(result) != PGRES_TUPLES_OK;

	if (failed)
		fputs(PQerrorMessage(conn), stderr);
	PQclear(result);
	PQfinish(conn);

	return failed;
}
