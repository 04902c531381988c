/*-------------------------------------------------------------------------
 *
 * status.c
 *		"gw_bootstrap status": which heads there are, and who has the lock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/json.h"
#include "base/log.h"
#include "base/output.h"
#include "base/visible.h"
#include "commands.h"
#include "fe_utils/string_utils.h"
#include "lock/extension.h"
#include "lock/failed_migration.h"
#include "lock/fence/fence.h"
#include "look.h"
#include "lock/sessions/sessions.h"

/* What is printed of a value that the server has not, or does not tell. */
#define NONE "none"
#define NOT_VISIBLE "not visible"
#define NO_ADDRESS "local, or not visible"

static void
append_line(PQExpBuffer out, const char *key, const char *value)
{
	char	   *line = make_one_line(value);

	appendPQExpBuffer(out, "%-20s%s\n", key, line);
	free(line);
}

static void
append_text(PQExpBuffer out, const Options *options, const Session *session,
			const Holder *holder, const Heads *heads, const PGresult *sessions,
			const char *class)
{
	const char *state = holder_state_names[holder->state];
	const char *hidden = holder->pid ? NOT_VISIBLE : NONE;
	PQExpBufferData line;

	append_line(out, "heads now:", heads->all ? heads->all : NO_HEADS);
	if (options->target.expected_heads.head)
	{
		append_line(out, "heads wanted:", describe_expected(&options->target));
		append_line(out, "outcome:", head_outcome_names[heads->outcome]);
	}
	append_line(out, "lock key:", holder->lock_key);
	append_line(out, "holder state:", state ? state : hidden);
	append_line(out, "holder pid:", holder->pid ? holder->pid : NONE);
	append_line(out, "holder since:", holder->since ? holder->since : hidden);
	append_line(out, "holder application:", holder->application_name ? holder->application_name : hidden);
	append_line(out, "holder address:", holder->client_addr ? holder->client_addr : holder->pid ? NO_ADDRESS :
																								  NONE);
	append_line(out, "in recovery:", holder->in_recovery ? "yes" : "no");
	append_line(out, "migration:", class ? class : "not known");
	append_line(out, "extension version:", session->extension_version ? session->extension_version : NONE);

	initPQExpBuffer(&line);
	for (int row = 0; row < PQntuples(sessions); row++)
	{
		HolderSession one = read_session(sessions, row);

		resetPQExpBuffer(&line);
		append_session(&line, &one);
		append_line(out, "session:", line.data);
	}
	termPQExpBuffer(&line);
}

static void
append_member(PQExpBuffer out, const char *name, const char *value)
{
	appendPQExpBuffer(out, ", \"%s\": ", name);
	append_json_string(out, value);
}

/*
 * A number or a null, as the server wrote it.
 */
static const char *
number_or_null(const char *value)
{
	return value ? value : "null";
}

static void
append_json_heads(PQExpBuffer out, const char *array)
{
	char	  **heads = NULL;
	int			nheads = 0;

	if (array == NULL || !parsePGArray(array, &heads, &nheads))
		appendPQExpBufferStr(out, "null");
	else
	{
		appendPQExpBufferChar(out, '[');
		for (int i = 0; i < nheads; i++)
		{
			appendPQExpBufferStr(out, i > 0 ? ", " : "");
			append_json_string(out, heads[i]);
		}
		appendPQExpBufferChar(out, ']');
	}
	free(heads);
}

static void
append_json_expected(PQExpBuffer out, const Options *options, HeadOutcome outcome)
{
	if (options->target.expected_heads.head == NULL)
		return;
	appendPQExpBufferStr(out, ", \"expected_heads\": [");
	for (SimpleStringListCell *cell = options->target.expected_heads.head; cell; cell = cell->next)
	{
		append_json_string(out, cell->val);
		appendPQExpBufferStr(out, cell->next ? ", " : "]");
	}
	append_member(out, "outcome", head_outcome_names[outcome]);
}

static void
append_json_holder(PQExpBuffer out, const Holder *holder)
{
	if (holder->state == HOLDER_NONE)
	{
		appendPQExpBufferStr(out, ", \"holder\": null");
		return;
	}
	appendPQExpBuffer(out, ", \"holder\": {\"pid\": %s", number_or_null(holder->pid));
	append_member(out, "state", holder_state_names[holder->state]);
	append_member(out, "since", holder->since);
	append_member(out, "application_name", holder->application_name);
	append_member(out, "client_addr", holder->client_addr);
	appendPQExpBufferChar(out, '}');
}

static void
append_json_session(PQExpBuffer out, const HolderSession *session)
{
	appendPQExpBuffer(out, "{\"pid\": %s", number_or_null(session->pid));
	append_member(out, "application_name", session->application_name);
	append_member(out, "client_addr", session->client_addr);
	append_member(out, "state", session->state);
	append_member(out, "since", session->since);
	append_member(out, "statement", session->statement);
	append_member(out, "wait_event_type", session->wait_event_type);
	append_member(out, "wait_event", session->wait_event);
	appendPQExpBufferChar(out, '}');
}

static void
append_json(PQExpBuffer out, const Options *options, const Session *session,
			const Holder *holder, const Heads *heads, const PGresult *sessions,
			const char *class)
{
	appendPQExpBufferStr(out, "{\"current_heads\": ");
	append_json_heads(out, heads->all);
	append_json_expected(out, options, heads->outcome);
	appendPQExpBuffer(out, ", \"lock_key\": %s", number_or_null(holder->lock_key));
	append_json_holder(out, holder);
	appendPQExpBuffer(out, ", \"in_recovery\": %s", holder->in_recovery ? "true" : "false");
	append_member(out, "migration", class);
	append_member(out, "extension_version", session->extension_version);
	appendPQExpBufferStr(out, ", \"sessions\": [");
	for (int row = 0; row < PQntuples(sessions); row++)
	{
		HolderSession one = read_session(sessions, row);

		appendPQExpBufferStr(out, row > 0 ? ", " : "");
		append_json_session(out, &one);
	}
	appendPQExpBufferStr(out, "]}\n");
}

/*
 * How safe a migration by these options is, if the way to ask that is open:
 * NULL if it is not, which is said.
 */
static const char *
ask_class(Session *session, const Options *options, Millis until)
{
	Session		other = {0};
	Fence		fence = {.key = ""};
	bool		own = options->migration_url != NULL;
	bool		told = options->migrate_sql != NULL;

	if (!told && own && session_open(&other, options->migration_conninfo, until))
		told = ask_fence(&other, &fence, until);
	else if (!told && !own)
		told = ask_fence(session, &fence, until);
	if (!told)
		log_warning("could not ask how safe a migration is: %s",
					own ? other.failure.message : session->failure.message);
	session_close(&other);
	failure_clear(&other.failure);
	return told ? safety_class(&fence, options) : NULL;
}

/*
 * Ask and print.  What cannot be written was not told.
 */
static bool
ask_status(Session *session, const Options *options, Millis until, ExitCode *code)
{
	PQExpBufferData out;
	PGresult   *sessions;
	Holder		holder;
	Heads		heads;
	const char *class;

	if (!find_way(session, options, until) ||
		!session->way->inspection->ask_status(session, &options->target, until, &holder, &heads) ||
		(heads.outcome == HEADS_FAILED &&
		 !look_at_failed_migration(session, options, until, &heads)))
		return false;
	sessions = ask_sessions(session, &holder, until);
	if (sessions != NULL)
	{
		class = ask_class(session, options, until);
		initPQExpBuffer(&out);
		if (options->json)
			append_json(&out, options, session, &holder, &heads, sessions, class);
		else
			append_text(&out, options, session, &holder, &heads, sessions, class);
		*code = EXIT_READY;
		fputs(out.data, stdout);
		if (!output_arrived())
			*code = EXIT_STEP_FAILED;
		termPQExpBuffer(&out);
	}
	PQclear(sessions);
	PQclear(holder.result);
	return sessions != NULL;
}

ExitCode
do_status(const Options *options)
{
	return look_until(options, ask_status);
}
