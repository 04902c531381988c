/*-------------------------------------------------------------------------
 *
 * probe.c
 *		Whether the database is at head, in whichever way it can be asked.
 *
 * The fast path of every start begins here, with the guess that the
 * extension is in the schema public.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "lock/extension.h"

/* How often the extension is looked for if its functions are not where it is. */
#define MOST_LOOKS 3

/*
 * True if a call may have failed since what is there is not ours: no such
 * schema or operator, or not of those types; several that fit; and what is also
 * said of a head table that is none.  Or since what was found has gone before it could
 * run.
 */
static bool
is_gone(const Failure *failure)
{
	static const char *const sqlstates[] = {"3F000", "42883", "42809", "42725", NULL};

	return has_any_prefix(failure->sqlstate, sqlstates) ||
		(strcmp(failure->sqlstate, "XX000") == 0 &&
		 strstr(failure->message, "cache lookup failed for ") != NULL);
}

/*
 * Whether a look for the extension could lead elsewhere than the probe went.  It
 * may be dropped and created again while we look; and where it was only guessed,
 * what has refused may be anybody's, like an operator of an aggregate, which
 * PostgreSQL 13 lets one create but not call.
 */
static bool
may_be_elsewhere(const Session *session)
{
	const Failure *failure = &session->failure;
	bool		refused = failure->kind == FAILURE_FINAL && *failure->sqlstate != '\0';

	return session->way == &extension_way &&
		(is_gone(failure) || (session->extension_version == NULL && refused));
}

/*
 * With exit_on_error the probe that goes wrong ends the session.  What follows
 * does not go wrong.
 */
static bool
is_still_open(Session *session, const Options *options, Millis deadline)
{
	if (PQstatus(session->conn) == CONNECTION_OK)
		return true;
	session_drop(session);
	return session_open(session, options->conninfo, deadline);
}

/*
 * Ask whether the database is at head: one round trip if it is and the
 * extension is in the schema public, three in all if it turns out not to be.
 * More is asked of the extension only after its script's version is known.
 */
bool
session_is_at_head(Session *session, const Options *options, Millis deadline, bool *at_head)
{
	bool		answered;

	if (session->way == NULL)
	{
		session->way = &extension_way;
		session->schema = pg_strdup("public");
	}
	answered = session->way->is_at_head(session, &options->target, deadline, at_head);
	for (int looks = 0; !answered && looks < MOST_LOOKS && may_be_elsewhere(session); looks++)
	{
		if (!is_still_open(session, options, deadline) ||
			!find_way(session, options, deadline))
			return false;
		answered = session->way->is_at_head(session, &options->target, deadline, at_head);
	}
	if (!answered || *at_head || session->extension_version || session->way != &extension_way)
		return answered;
	if (!find_way(session, options, deadline))
		return false;
	return session->way == &extension_way ||
		session->way->is_at_head(session, &options->target, deadline, at_head);
}

/*
 * If the failure is that the extension has gone, since a migration may drop the
 * schema in which it is: look for it anew, and do without if it is nowhere.
 */
bool
session_forget_extension(Session *session)
{
	const Failure *failure = &session->failure;

	if (session->way != &extension_way || !session->extension_works ||
		failure->kind != FAILURE_FINAL || !is_gone(failure))
		return false;
	session->extension_works = false;
	session->way = NULL;
	free(session->extension_version);
	session->extension_version = NULL;
	free(session->schema);
	session->schema = NULL;
	set_failure(&session->failure, FAILURE_RETRY, NULL,
				"extension gw_bootstrap is no longer where it was");
	return true;
}
