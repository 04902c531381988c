/*-------------------------------------------------------------------------
 *
 * minimal.c
 *		minimal [SQL]: the least that a program on libpq can do: connect, ask
 *		(SELECT 1, unless told otherwise), end.
 *
 * What "gw_bootstrap check" is measured against.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>

#include "libpq-fe.h"

int
main(int argc, char *argv[])
{
	PGconn	   *conn = PQconnectdb("");
	PGresult   *result = PQexec(conn, argc > 1 ? argv[1] : "SELECT 1");
	int			failed = PQresultStatus(result) != PGRES_TUPLES_OK;

	if (failed)
		fputs(PQerrorMessage(conn), stderr);
	PQclear(result);
	PQfinish(conn);

	return failed;
}
