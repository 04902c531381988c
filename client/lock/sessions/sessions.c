/*-------------------------------------------------------------------------
 *
 * sessions.c
 *		Who migrates: the holder of the lock, and the sessions of commands.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "command/command.h"
#include "command/environment.h"
#include "lock/sessions/sessions.h"
#include "sql/sql.h"

/* Hexadecimal digits. */
#define TOKEN_LENGTH 32

/* How many sessions a message tells of. */
#define MOST_SESSIONS 3

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

	if (has_prefix(name, with_token) &&
		strspn(name + strlen(with_token), "0123456789abcdef") == TOKEN_LENGTH)
		return true;
	return has_prefix(name, migration) &&
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

	if (!session->way->inspection->ask_status(session, &options->target, until, &holder, NULL))
		return NULL;
	sessions = ask_sessions(session, &holder, until);
	PQclear(holder.result);
	if (sessions == NULL)
		return NULL;

	migration = command_application_name(MIGRATION, &options->target);
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
