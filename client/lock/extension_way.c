/*-------------------------------------------------------------------------
 *
 * extension_way.c
 *		The database asked through the extension.
 *
 * Client, library and script have versions that can differ, since they are
 * installed at different times.  The library answers the probe and tells its
 * version with the answer; the script's is looked up before more than that is
 * asked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/extension.h"
#include "lock/way/inspection.h"
#include "sql/sql.h"

/*
 * Refuse an extension whose functions this client could misunderstand: its
 * first number tells their signatures.  "what" has a version of its own, since
 * script and library are installed at different times.
 */
bool
check_extension_version(Session *session, const char *version, const char *what)
{
	if (strtol(version, NULL, 10) == strtol(GW_BOOTSTRAP_VERSION, NULL, 10))
		return true;
	set_failure(&session->failure, FAILURE_FINAL,
				SAME_VERSION_HINT,
				"client version %s does not work with version %s of %s gw_bootstrap",
				GW_BOOTSTRAP_VERSION, version, what);
	return false;
}

static PGresult *
probe(Session *session, const Target *target, Millis deadline)
{
	PGresult   *result = session_query(session, sql_at_head(session->conn, session->schema, target),
									 deadline);
	Failure    *failure = &session->failure;

	/* the function that the script names, or the file, is not there */
	if (result == NULL &&
		(strcmp(failure->sqlstate, "42883") == 0 || strcmp(failure->sqlstate, "58P01") == 0))
	{
		failure_set_kind(failure, FAILURE_FINAL);
		*failure->hint = '\0';
		failure_add_hint(failure, SAME_VERSION_HINT);
	}
	return result;
}

static bool
extension_is_at_head(Session *session, const Target *target, Millis until, bool *at_head)
{
	PGresult   *result = probe(session, target, until);
	bool		version_fits;

	if (result == NULL)
		return false;
	*at_head = *PQgetvalue(result, 0, 0) == 't';
	version_fits = check_extension_version(session, PQgetvalue(result, 0, 0) + 1,
										   "the library of extension");
	PQclear(result);
	session->extension_works |= version_fits;
	return version_fits;
}

/*
 * Take what the heads mean from that column, and those of rows that say failed from the next.
 */
void
read_outcome(Session *session, const PGresult *result, int column, Heads *heads)
{
	const char *word = answer_text(result, 0, column);
	int			outcome = word ? find_word(word, head_outcome_names) : -1;

	take_heads(session, heads, outcome < 0 ? HEADS_BEHIND : outcome, answer_text(result, 0, 0),
			   answer_text(result, 0, column + 1));
}

static bool
extension_read_heads(Session *session, const Target *target, Millis until, Heads *heads)
{
	PGresult   *result = session_query(session, sql_heads(session->conn, session->schema, target),
									 until);

	take_no_heads(session, heads);
	if (result != NULL)
		read_outcome(session, result, 1, heads);
	PQclear(result);
	return result != NULL;
}

static TryResult
read_try(Session *session, PGresult *result)
{
	/* what gw_bootstrap_try() calls them, and what that means for the heads */
	static const struct
	{
		const char *word;
		Outcome		outcome;
		HeadOutcome heads;
	} outcomes[] = {
		{"at_head", OUTCOME_AT_HEAD, HEADS_AT_HEAD},
		{"ahead", OUTCOME_AHEAD, HEADS_AHEAD},
		{"failed", OUTCOME_FAILED_MIGRATION, HEADS_FAILED},
		{"acquired", OUTCOME_ACQUIRED, HEADS_BEHIND},
	};
	TryResult	try = {.outcome = OUTCOME_FAILED};
	HeadOutcome heads = HEADS_BEHIND;

	if (result == NULL)
		return try;
	try.outcome = OUTCOME_BUSY;
	for (int i = 0; i < lengthof(outcomes); i++)
	{
		if (strcmp(PQgetvalue(result, 0, 0), outcomes[i].word) == 0)
		{
			try.outcome = outcomes[i].outcome;
			heads = outcomes[i].heads;
		}
	}
	take_heads(session, &try.heads, heads, answer_text(result, 0, 1), answer_text(result, 0, 4));
	strlcpy(try.holder_pid, PQgetvalue(result, 0, 2), sizeof(try.holder_pid));
	try.holder_state = read_holder_state(answer_text(result, 0, 2), answer_text(result, 0, 3));
	PQclear(result);
	return try;
}

static TryResult
extension_open_guard(Session *session, const Target *target, Millis until)
{
	Query		query = sql_try(session->conn, session->schema, target, false);

	return read_try(session, session_query(session, query, until));
}

static TryResult
extension_ask_again(Session *session, const Target *target, Millis until)
{
	Query		query = sql_try(session->conn, session->schema, target, true);

	return read_try(session, session_query(session, query, until));
}

const Way	extension_way = {
	.is_at_head = extension_is_at_head,
	.read_heads = extension_read_heads,
	.open_guard = extension_open_guard,
	.ask_again = extension_ask_again,
	.inspection = &extension_inspection,
};
