/*-------------------------------------------------------------------------
 *
 * create_extension.c
 *		Create the extension where it is missing, as --create-extension asks for.
 *
 * Many replicas may create it at once.  All but one of them then wait for the
 * first, and fail when it has committed; in what way depends on how far they
 * had come.  So an error tells little, and what counts is whether the
 * extension is there afterwards.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/text.h"
#include "lock/extension.h"
#include "lock/fence/fence.h"
#include "sql/sql.h"

#define MAX_ATTEMPTS 10

/*
 * Errors of somebody who was not the first: already there, as a name or as a
 * key of a catalog; a catalog row that somebody else has changed, which has no
 * SQLSTATE of its own; and class 40.
 */
static bool
lost_a_race(const Failure *failure)
{
	static const char *const sqlstates[] = {"42710", "42723", "23505", "XX000", "40", NULL};

	return has_any_prefix(failure->sqlstate, sqlstates);
}

/*
 * Try once, and look whether it is there, whoever was the first.  The reason is why it is not.
 */
static Search
try_to_create(Session *session, Millis until, Failure *reason)
{
	if (session_do(session, sql_create_extension(), until))
		log_info("extension gw_bootstrap is installed now");
	else if (PQstatus(session->conn) == CONNECTION_BAD || session->failure.timed_out)
		return SEARCH_FAILED;
	else
		failure_copy(reason, &session->failure);
	return find_extension(session, until);
}

/*
 * A replica that is to change nothing does not.
 */
Search
install_extension(Session *session, const Options *options, Millis until)
{
	Failure		reason = {0};
	Search		search;
	int			attempt = 0;
	bool		again;

	if (!options->create_extension || !(options->mode->needs & MAY_MIGRATE) ||
		options->skip_migrations)
		return SEARCH_IN_VAIN;
	if (!may_write_here(session, options, until))
		return SEARCH_FAILED;
	do
	{
		search = try_to_create(session, until, &reason);
		/* a function that is there twice, without the extension, is somebody else's */
		again = search == SEARCH_IN_VAIN && lost_a_race(&reason) &&
			!(attempt > 0 && strcmp(reason.sqlstate, "42723") == 0);
	} while (again && ++attempt < MAX_ATTEMPTS && wait_backoff(attempt - 1, until));

	if (search == SEARCH_IN_VAIN && reason.kind != FAILURE_NONE)
		set_failure(&session->failure, FAILURE_FINAL, HINT_CREATE ", as a role that may.",
					"extension gw_bootstrap could not be created in database \"%s\": %s",
					PQdb(session->conn), reason.message);
	failure_clear(&reason);
	return search;
}
