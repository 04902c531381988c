/*-------------------------------------------------------------------------
 *
 * holder.c
 *		Who has the lock, and what it is doing.
 *
 * What pg_stat_activity hides from our role is NULL here and left out of
 * messages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "command/command.h"
#include "lock/holder.h"
#include "options/application_name.h"
#include "sql/sql.h"
#include "sql/sql_plain.h"

/* Hexadecimal digits. */
#define TOKEN_LENGTH 32

/* How many sessions a message tells of. */
#define MOST_SESSIONS 3

/*
 * Read the columns of sql_status().
 */
static void
read_holder(PGresult *result, Holder *holder)
{
	*holder = (Holder) {
		.result = result,
		.current_heads = answer_text(result, 0, 0),
		.lock_key = answer_text(result, 0, 1),
		.pid = answer_text(result, 0, 2),
		.state = answer_text(result, 0, 3),
		.since = answer_text(result, 0, 4),
		.application_name = answer_text(result, 0, 5),
		.client_addr = answer_text(result, 0, 6),
		.in_recovery = answer_is_true(result, 0, 7),
	};
}

static bool
is_orphaned(const PGresult *status)
{
	return status != NULL && strcmp(PQgetvalue(status, 0, 3), "orphaned") == 0;
}

static bool
same_value(const PGresult *a, const PGresult *b, int column)
{
	return strcmp(PQgetvalue(a, 0, column), PQgetvalue(b, 0, column)) == 0;
}

/*
 * The same where there is no extension.  The states of backends are not read
 * at the moment at which the locks are, so one that is seen idle and with the
 * lock may just have begun or ended a transaction.  One that is seen so twice,
 * idle since the same moment, has not.
 */
bool
plain_ask_holder(Session *session, const Options *options, Millis until, Holder *holder)
{
	PGresult   *before = session_query(session, sql_plain_status(session->conn, options), until);
	PGresult   *status = before;
	bool		orphaned = false;

	if (is_orphaned(before))
	{
		status = session_query(session, sql_plain_status(session->conn, options), until);
		orphaned = is_orphaned(status) && same_value(before, status, 2) && same_value(before, status, 8);
		PQclear(before);
	}
	if (status == NULL)
		return false;
	read_holder(status, holder);
	if (is_orphaned(status) && !orphaned)
		holder->state = "active";
	return true;
}

/*
 * Ask for the holder.  Its result is to be cleared when no longer needed.
 */
bool
ask_holder(Session *session, const Options *options, Millis until, Holder *holder)
{
	PGresult   *result;

	if (session->plain)
		return plain_ask_holder(session, options, until, holder);
	result = session_query(session, sql_status(session->conn, session->schema, options), until);
	if (result == NULL)
		return false;
	read_holder(result, holder);
	return true;
}

PGresult *
ask_sessions(Session *session, const Holder *holder, Millis until)
{
	return session_query(session, sql_sessions(holder->pid ? atoi(holder->pid) : 0), until);
}

HolderSession
read_session(const PGresult *sessions, int row)
{
	return (HolderSession) {
		.pid = answer_text(sessions, row, 0),
		.application_name = answer_text(sessions, row, 1),
		.client_addr = answer_text(sessions, row, 2),
		.state = answer_text(sessions, row, 3),
		.since = answer_text(sessions, row, 4),
		.statement = answer_text(sessions, row, 5),
		.wait_event_type = answer_text(sessions, row, 6),
		.wait_event = answer_text(sessions, row, 7),
		.is_holder = answer_is_true(sessions, row, 8),
	};
}

/*
 * "backend 17 (gw_bootstrap migration, 10.0.0.3): active since ..., CREATE
 * INDEX, waits for Lock/relation".  A backend that is not active waits for its
 * client, which goes without saying.
 */
void
append_session(PQExpBuffer text, const HolderSession *session)
{
	bool		active = session->state && strcmp(session->state, "active") == 0;

	appendPQExpBuffer(text, "backend %s (%s%s%s): %s", session->pid,
					  session->application_name && *session->application_name ? session->application_name : "no name",
					  session->client_addr ? ", " : "",
					  session->client_addr ? session->client_addr : "",
					  session->state ? session->state : "state not visible");
	if (session->since)
		appendPQExpBuffer(text, " since %s", session->since);
	if (session->statement)
		appendPQExpBuffer(text, active ? ", %s" : ", last %s", session->statement);
	if (active && session->wait_event_type)
		appendPQExpBuffer(text, ", waits for %s/%s", session->wait_event_type,
						  session->wait_event ? session->wait_event : "?");
}

/*
 * Whether that is the name of a migration command.  A pooler may append an
 * address, and that of a fenced one is followed by the token of its guard.
 */
static bool
is_name_of_migration(const char *name, const char *migration)
{
	static const char with_token[] = "gw_bootstrap " MIGRATION " ";
	size_t		len = strlen(migration);

	if (strncmp(name, with_token, strlen(with_token)) == 0 &&
		strspn(name + strlen(with_token), "0123456789abcdef") == TOKEN_LENGTH)
		return true;
	return strncmp(name, migration, len) == 0 &&
		(name[len] == '\0' || strncmp(name + len, " - ", 3) == 0);
}

/*
 * Whether a session is one to wait for: the holder, or a migration command
 * that is not merely a name left on a pooled backend.  Other waiters are not.
 */
static bool
is_migrating(const HolderSession *session, const char *migration)
{
	return session->is_holder ||
		(session->application_name && is_name_of_migration(session->application_name, migration) &&
		 !(session->state && strcmp(session->state, "idle") == 0));
}

/*
 * Who migrates, for the detail of a message; NULL if that cannot be told.
 */
char *
describe_migration(Session *session, const Options *options, Millis until)
{
	PQExpBufferData text;
	PGresult   *sessions;
	Holder		holder;
	char	   *migration;
	int			found = 0;

	if (!ask_holder(session, options, until, &holder))
		return NULL;
	sessions = ask_sessions(session, &holder, until);
	PQclear(holder.result);
	if (sessions == NULL)
		return NULL;

	migration = command_application_name(MIGRATION, options);
	initPQExpBuffer(&text);
	for (int row = 0; row < PQntuples(sessions); row++)
	{
		HolderSession one = read_session(sessions, row);

		if (!is_migrating(&one, migration) || ++found > MOST_SESSIONS)
			continue;
		if (found > 1)
			appendPQExpBufferStr(&text, "; ");
		append_session(&text, &one);
		if (one.is_holder)
			appendPQExpBufferStr(&text, ", has the lock");
	}
	if (found > MOST_SESSIONS)
		appendPQExpBuffer(&text, "; and %d more", found - MOST_SESSIONS);
	if (found > 0)
	{
		text.data[0] = pg_toupper(text.data[0]);
		appendPQExpBufferChar(&text, '.');
	}
	PQclear(sessions);
	pg_free(migration);
	return text.data;
}
