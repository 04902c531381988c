/*-------------------------------------------------------------------------
 *
 * not_at_head.c
 *		The last word of a migration that did not bring the database to head.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "run/run.h"
#include "sql/sql.h"

/*
 * Where else there are tables of that name, in one line, or NULL: the tool may
 * have been told a schema (Alembic's version_table_schema).
 */
static char *
find_namesakes(Run *run)
{
	Session    *session = &run->session;
	PGresult   *result = session_query(session, sql_namesakes(session->conn, &run->options->target),
									 run->deadline.attempt);
	char	   *schemas = NULL;

	if (result != NULL && !PQgetisnull(result, 0, 0))
		schemas = pg_strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return schemas;
}

/*
 * The guard is still open, so this looks at what the migration has left.  The
 * advice, which is freed, is given if nothing better is found.
 */
Step
end_not_at_head(Run *run, const Heads *heads, const char *applied, char *advice, const char *message)
{
	char	   *schemas = find_namesakes(run);
	char	   *detail = psprintf("Found %s, wanted %s.%s", heads->text,
							describe_expected(&run->options->target), applied);

	if (schemas != NULL)
	{
		free(advice);
		advice = psprintf("A table of that name is also in schema %s: if the migration keeps its heads there, as with version_table_schema of Alembic, name the schema in %s.",
						  schemas, option_source("--head-table"));
		free(schemas);
	}
	log_event(LOG_ERROR, detail, advice, "%s", message);
	free(detail);
	free(advice);
	return end_with(run, EXIT_STEP_FAILED);
}
