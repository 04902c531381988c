/*-------------------------------------------------------------------------
 *
 * extension.c
 *		Find the extension, or what to do instead.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/extension.h"
#include "lock/plain/plain.h"
#include "sql/sql.h"

/* What to try where there is no extension, until one of them is of use. */
static Search (*const instead[])(Session *session, const Options *options, Millis until) = {
	install_extension,
	do_without,
	NULL};

/*
 * Ask where the extension lives.
 */
Search
find_extension(Session *session, Millis until)
{
	PGresult   *result = session_query(session, sql_find_extension(), until);
	Search		search = SEARCH_FAILED;

	if (result == NULL)
		return SEARCH_FAILED;
	if (PQntuples(result) == 0)
	{
		search = SEARCH_IN_VAIN;
		set_failure(&session->failure, FAILURE_FINAL, HINT_CREATE ".",
					"extension gw_bootstrap is not installed in database \"%s\"",
					PQdb(session->conn));
	}
	else if (check_extension_version(session, PQgetvalue(result, 0, 1), "extension"))
	{
		search = SEARCH_DONE;
		free(session->schema);
		free(session->extension_version);
		session->schema = pg_strdup(PQgetvalue(result, 0, 0));
		session->way = &extension_way;
		session->extension_version = pg_strdup(PQgetvalue(result, 0, 1));
	}
	PQclear(result);
	return search;
}

/*
 * Find out in which way to ask.
 */
bool
find_way(Session *session, const Options *options, Millis until)
{
	Search		search = find_extension(session, until);

	for (int i = 0; search == SEARCH_IN_VAIN && instead[i]; i++)
		search = instead[i](session, options, until);
	return search == SEARCH_DONE;
}
