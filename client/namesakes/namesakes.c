/*-------------------------------------------------------------------------
 *
 * namesakes.c
 *		Other tables of the head table's name.
 *
 * A migration that succeeded and is not seen may have written its heads into one
 * of them: the tool may have been told a schema (Alembic's version_table_schema).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "namesakes/namesakes.h"
#include "sql/sql_namesakes.h"

static char *
advise_on_namesakes(Run *run)
{
	Session    *session = &run->session;
	PGresult   *result = session_query(session, sql_namesakes(session->conn, &run->options->target),
									 run->deadline.attempt);
	char	   *advice = NULL;

	if (result != NULL && !PQgetisnull(result, 0, 0))
		advice = psprintf("A table of that name is also in schema %s: if the migration keeps its"
						  " heads there, as with version_table_schema of Alembic, name the schema"
						  " in %s.",
						  PQgetvalue(result, 0, 0), option_source("--head-table"));
	PQclear(result);
	return advice;
}

void
take_namesakes(Run *run)
{
	run->advise_not_at_head = advise_on_namesakes;
}
