/*-------------------------------------------------------------------------
 *
 * extension.c
 *		Find the extension, create it, or do without.
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
#include "lock/plain/plain.h"
#include "sql/sql.h"

/* With the extension, and without, if there is that way. */
static const Way *const ways[] = {
	&extension_way,
	&plain_way,
	NULL};

#define MAX_ATTEMPTS 10

#define HINT_CREATE "Run CREATE EXTENSION gw_bootstrap in this database"

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
 * Ask where the extension lives.
 */
static bool
find_extension(Session *session, Millis deadline)
{
	PGresult   *result = session_query(session, sql_find_extension(), deadline);
	bool		found;

	session->extension_missing = result != NULL && PQntuples(result) == 0;
	if (result == NULL)
		return false;
	if (session->extension_missing)
	{
		PQclear(result);
		set_failure(&session->failure, FAILURE_FINAL,
					"Run CREATE EXTENSION gw_bootstrap in this database.",
					"extension gw_bootstrap is not installed in database \"%s\"",
					PQdb(session->conn));
		return false;
	}
	found = check_extension_version(session, PQgetvalue(result, 0, 1), "extension");
	if (found)
	{
		free(session->schema);
		free(session->extension_version);
		session->schema = pg_strdup(PQgetvalue(result, 0, 0));
		session->schema_known = true;
		session->way = ways[0];
		session->extension_version = pg_strdup(PQgetvalue(result, 0, 1));
	}
	PQclear(result);
	return found;
}

/*
 * Try to create the extension.  Returns false, and the failure set, if the
 * connection does not answer; otherwise *reason tells why it could not be
 * created, or is empty.
 */
static bool
create_extension(Session *session, Millis deadline, Failure *reason)
{
	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
	{
		PGresult   *result = session_query(session, sql_create_extension(), deadline);

		failure_clear(reason);
		if (result != NULL)
		{
			PQclear(result);
			log_info("extension gw_bootstrap is installed now");
			return true;
		}
		failure_copy(reason, &session->failure);
		if (PQstatus(session->conn) == CONNECTION_BAD || reason->timed_out)
			return false;
		if (find_extension(session, deadline))
		{
			failure_clear(reason);
			return true;
		}
		if (!session->extension_missing)
			return false;
		/* a function that is there twice, without the extension, is somebody else's */
		if (attempt > 0 && strcmp(reason->sqlstate, "42723") == 0)
			break;
		if (!lost_a_race(reason) || !wait_backoff(attempt, deadline))
			break;
	}
	return true;
}

/*
 * There is no extension: refuse, or say that there is none.
 */
static bool
do_without(Session *session, const Options *options, const Failure *reason)
{
	const char *dbname = PQdb(session->conn);
	const char *hint = HINT_CREATE " to save round trips, or use --require-extension to refuse to start without it.";

	if (options->require_extension || ways[1] == NULL)
	{
		if (reason->kind != FAILURE_NONE)
			set_failure(&session->failure, FAILURE_FINAL, HINT_CREATE ", as a role that may.",
						"extension gw_bootstrap could not be created in database \"%s\": %s",
						dbname, reason->message);
		return false;
	}
	if (reason->kind != FAILURE_NONE)
		log_event(LOG_INFO, NULL, hint,
				  "extension gw_bootstrap could not be created in database \"%s\": %s; using plain SQL",
				  dbname, reason->message);
	else
		log_event(LOG_INFO, NULL, hint,
				  "extension gw_bootstrap is not installed in database \"%s\"; using plain SQL", dbname);
	session->way = ways[1];
	session->failure.kind = FAILURE_NONE;

	return true;
}

/*
 * Find out whether there is an extension, and where; make it if that is asked
 * for.  A replica that is to change nothing does not.
 */
bool
find_or_create_extension(Session *session, const Options *options, Millis deadline)
{
	Failure		reason = {0};
	bool		usable;

	if (find_extension(session, deadline))
		return true;
	if (!session->extension_missing)
		return false;
	if (options->create_extension && (options->mode->needs & MAY_MIGRATE) && !options->skip_migrations)
	{
		if (!may_write_here(session, options, deadline) ||
			!create_extension(session, deadline, &reason))
			return false;
		if (reason.kind == FAILURE_NONE)
			return session->schema_known || find_extension(session, deadline);
	}

	usable = do_without(session, options, &reason);
	failure_clear(&reason);
	return usable;
}
