/*-------------------------------------------------------------------------
 *
 * probe.c
 *		Whether the database is at head, asked of an extension that is ours.
 *
 * The fast path of every start is the probe here, which guesses that the
 * extension is in the schema public.  Client, library and script have versions
 * that can differ, since they are installed at different times.  The library
 * answers the probe and tells its version with the answer; the script's is
 * looked up before more than that is asked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/extension.h"
#include "lock/holder.h"
#include "lock/plain.h"
#include "sql/sql.h"

/* How often the extension is looked for if its functions are not where it is. */
#define MOST_LOOKS 3

#define SAME_VERSION_HINT \
	"Install the client and the extension of the same version; in the database, run ALTER EXTENSION gw_bootstrap UPDATE."

/*
 * Refuse an extension whose functions this client could misunderstand: its
 * first number tells their signatures.  "what" has a version of its own, since
 * script and library are installed at different times.
 */
static bool
check_version(Session *session, const char *version, const char *what)
{
	if (strtol(version, NULL, 10) == strtol(GW_BOOTSTRAP_VERSION, NULL, 10))
		return true;
	set_failure(&session->failure, FAILURE_FINAL,
				SAME_VERSION_HINT,
				"client version %s does not work with version %s of %s gw_bootstrap",
				GW_BOOTSTRAP_VERSION, version, what);
	return false;
}

/*
 * Ask where the extension lives.
 */
bool
session_find_extension(Session *session, Millis deadline)
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
	found = check_version(session, PQgetvalue(result, 0, 1), "extension");
	if (found)
	{
		free(session->schema);
		free(session->extension_version);
		session->schema = pg_strdup(PQgetvalue(result, 0, 0));
		session->schema_known = true;
		session->extension_version = pg_strdup(PQgetvalue(result, 0, 1));
	}
	PQclear(result);
	return found;
}

/*
 * True if a call may have failed since what is there is not ours: no such
 * schema or operator, or not of those types; several that fit; and what is also
 * said of a head table that is none.  Or since what was found has gone before it could
 * run.
 */
static bool
is_gone(const Failure *failure)
{
	static const char *const sqlstates[] = {"3F000", "42883", "42809", "42725"};

	for (int i = 0; i < lengthof(sqlstates); i++)
		if (strcmp(failure->sqlstate, sqlstates[i]) == 0)
			return true;
	return strcmp(failure->sqlstate, "XX000") == 0 &&
		strstr(failure->message, "cache lookup failed for ") != NULL;
}

/*
 * Whether a look for the extension could lead elsewhere than the probe went.
 * It may be dropped and created again while we look.
 */
static bool
may_be_elsewhere(const Session *session)
{
	return is_gone(&session->failure) ||
		(!session->schema_known && strcmp(session->failure.sqlstate, "42501") == 0);
}

/*
 * Probe where the extension is taken to be.
 */
static PGresult *
probe(Session *session, const Options *options, Millis deadline)
{
	PGresult   *result = session_query(session, sql_at_head(session->conn, session->schema, options), deadline);
	Failure    *failure = &session->failure;

	/* the function that the script names, or the file, is not there */
	if (result == NULL &&
		(strcmp(failure->sqlstate, "42883") == 0 || strcmp(failure->sqlstate, "58P01") == 0))
	{
		failure_set_kind(failure, FAILURE_FINAL);
		failure_set_hint(failure, SAME_VERSION_HINT);
	}
	return result;
}

/*
 * Ask whether the database is at head: one round trip if it is and the
 * extension is in the schema public, three in all if it turns out not to be.
 * More is asked of the extension only after its script's version is known.
 */
bool
session_is_at_head(Session *session, const Options *options, Millis deadline, bool *at_head)
{
	PGresult   *result;
	bool		version_fits;

	if (session->plain)
		return plain_is_at_head(session, options, deadline, at_head);
	if (session->schema == NULL)
		session->schema = pg_strdup("public");
	result = probe(session, options, deadline);
	for (int looks = 0; result == NULL && looks < MOST_LOOKS && may_be_elsewhere(session); looks++)
	{
		if (!find_or_create_extension(session, options, deadline))
			return false;
		if (session->plain)
			return plain_is_at_head(session, options, deadline, at_head);
		result = probe(session, options, deadline);
	}
	if (result == NULL)
		return false;
	*at_head = *PQgetvalue(result, 0, 0) == 't';
	version_fits = check_version(session, PQgetvalue(result, 0, 0) + 1, "the library of extension");
	PQclear(result);
	if (!version_fits)
		return false;
	session->extension_works = true;
	if (*at_head || session->schema_known)
		return true;
	if (!find_or_create_extension(session, options, deadline))
		return false;
	return !session->plain || plain_is_at_head(session, options, deadline, at_head);
}

/*
 * If the failure is that the extension has gone, since a migration may drop the
 * schema in which it is: look for it anew, and do without if it is nowhere.
 */
bool
session_forget_extension(Session *session)
{
	const Failure *failure = &session->failure;

	if (session->plain || !session->extension_works || failure->kind != FAILURE_FINAL ||
		!is_gone(failure))
		return false;
	session->extension_works = false;
	session->schema_known = false;
	free(session->schema);
	session->schema = NULL;
	set_failure(&session->failure, FAILURE_RETRY, NULL,
				"extension gw_bootstrap is no longer where it was");
	return true;
}

/*
 * A row that says "failed" is that of a migration at work for as long as
 * somebody has the lock.  If nobody has, what the row says afterwards counts.
 */
static bool
plain_read_outcome(Session *session, const Options *options, Millis deadline, Heads *heads)
{
	PlainReading reading = plain_read_heads(session, options, false, deadline, heads);
	Holder		holder;
	bool		held;

	if (reading == READING_DONE && heads->outcome == HEADS_FAILED)
	{
		if (!plain_ask_holder(session, options, deadline, &holder))
			return false;
		held = holder.pid != NULL || holder.state != NULL;
		PQclear(holder.result);
		if (held)
			heads->outcome = HEADS_RUNNING;
		else
			reading = plain_read_heads(session, options, false, deadline, heads);
	}
	if (reading == READING_LOCKED)
		heads->outcome = HEADS_RUNNING;
	return reading != READING_FAILED;
}

/*
 * Read the heads.  Unless that works, the failure is set, and "heads" good for
 * messages alone.
 */
bool
session_read_heads(Session *session, const Options *options, Millis deadline, Heads *heads)
{
	PGresult   *result;
	const char *word;
	int			outcome = -1;

	if (session->plain)
		return plain_read_outcome(session, options, deadline, heads);
	result = session_query(session, sql_status(session->conn, session->schema, options),
						   deadline);
	if (result == NULL)
	{
		take_heads(heads, HEADS_BEHIND, "unknown", NULL);
		return false;
	}
	word = answer_text(result, 0, 8);
	if (word)
		outcome = find_word(word, head_outcome_names);
	take_heads(heads, outcome < 0 ? HEADS_BEHIND : outcome, answer_text(result, 0, 0),
			   answer_text(result, 0, 9));
	PQclear(result);
	return true;
}
