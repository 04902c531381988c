/*-------------------------------------------------------------------------
 *
 * sql_script.c
 *		Run the statements of a file in the transaction that is open.
 *
 * While one of them runs there can be no heartbeat.  The server watches
 * instead: the statement ends with the deadline, and soon after its client.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/text.h"
#include "mb/pg_wchar.h"
#include "script/sql_script.h"
#include "script/sql_words.h"
#include "server/ask.h"
#include "sql/sql.h"
#include "sql/sql_steps.h"

/* By how much the server may miss the deadline. */
#define LIMIT_DRIFT_MS 200

/* How much of a statement is shown. */
#define SHOWN_BYTES 200

/* The state of one attempt, made anew for each. */
typedef struct Attempt
{
	const Script *script;
	Millis		limited;		/* when the server was told the deadline */
	PGresult   *names;			/* search_path and role as found */
} Attempt;

/*
 * Where a statement begins to tell a password, perhaps as a part of a URI, or
 * NULL.
 */
static const char *
find_password(const char *text)
{
	static const char *const before[] = {"password", "://"};
	const char *first = NULL;

	for (int i = 0; i < lengthof(before); i++)
	{
		const char *found = strcasestr(text, before[i]);

		if (found && (first == NULL || found + strlen(before[i]) < first))
			first = found + strlen(before[i]);
	}
	return first;
}

/*
 * The beginning of a statement, up to any password.
 */
static char *
show_statement(const char *text)
{
	SqlWords	words = {.next = text};
	const char *begin;
	const char *end;
	int			len;

	next_sql_word(&words);
	begin = words.start;
	end = find_password(begin);
	len = end ? end - begin : strlen(begin);
	if (len > SHOWN_BYTES)
	{
		/* not within a character */
		for (len = SHOWN_BYTES; len > 0 && (begin[len] & 0xC0) == 0x80;)
			len--;
	}
	return psprintf("%.*s%s", len, begin, begin[len] ? " ..." : "");
}

/*
 * Where the server found the error, or where the statement begins.
 */
static int
error_line(const SqlStatement *statement, const PGresult *result)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	SqlWords	words = {.next = statement->text};
	const char *p = statement->text;

	if (position == NULL)
	{
		next_sql_word(&words);
		return line_of(statement, words.start);
	}
	/* it counts characters; one too many is no harm at the end of the text */
	for (long left = strtol(position, NULL, 10); left > 1 && *p; left--)
		p += Min(pg_utf_mblen((const unsigned char *) p), strlen(p));
	return line_of(statement, p);
}

/*
 * What the server says, which the file may have written.
 */
static char *
error_field(const PGresult *result, int field)
{
	const char *value = PQresultErrorField(result, field);

	return value ? copy_bounded(value, strlen(value), MOST_TEXT) : pg_strdup("");
}

/*
 * Say what failed: a statement, or if that is NULL the COMMIT.
 */
static void
log_script_failure(const Script *script, const SqlStatement *statement, const PGresult *result)
{
	char	   *sqlstate = error_field(result, PG_DIAG_SQLSTATE);
	char	   *message = error_field(result, PG_DIAG_MESSAGE_PRIMARY);
	char	   *detail = error_field(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = error_field(result, PG_DIAG_MESSAGE_HINT);
	char	   *where = statement ?
		psprintf("%s:%d", script->file->path, error_line(statement, result)) :
		psprintf("%s: at COMMIT", script->file->path);
	char	   *shown = statement ? show_statement(statement->text) : pg_strdup("COMMIT");

	if (strcmp(sqlstate, "57014") == 0 && *hint == '\0')
		hint = "SET LOCAL statement_timeout = 0 in the file lifts the server's limit.";
	/* the server's detail may show a whole row */
	if (statement && find_password(statement->text))
		*detail = '\0';
	log_event(LOG_ERROR,
			  psprintf("%s%sNothing of the file was applied. The statement is: %s",
					   detail, *detail ? " " : "", shown),
			  hint,
			  "%s failed: %s: %s (SQLSTATE %s)", script->name, where, message, sqlstate);
	free(sqlstate);
	free(message);
	free(detail);
	free(where);
	free(shown);
}

/*
 * Whether all has been rolled back for a reason that may go away by itself:
 * the connection, a deadlock, a lock that somebody else had too long.
 */
static bool
is_lost(const Session *session)
{
	static const char *const sqlstates[] = {"08", "40", "55P03", "57P", NULL};

	return PQstatus(session->conn) != CONNECTION_OK ||
		has_any_prefix(session->failure.sqlstate, sqlstates);
}

/*
 * Whether the deadline can be the reason: the server was told of it, too.
 */
static bool
may_be_deadline(const Session *session)
{
	return is_lost(session) || strcmp(session->failure.sqlstate, "57014") == 0;
}

/*
 * Judge the answer to a statement, or to COMMIT if that is NULL.
 */
static ScriptEnd
judge(const Script *script, const SqlStatement *statement, const PGresult *result)
{
	Session    *session = script->session;
	ExecStatusType status;

	if (result == NULL)
		return stop_signal() != 0 || now_ms() >= script->deadline.end ? SCRIPT_STOPPED : SCRIPT_LOST;
	status = PQresultStatus(result);
	if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE)
	{
		if (!statement && strcmp(PQcmdStatus((PGresult *) result), "COMMIT") != 0)
		{
			set_answer_failure(&session->failure, "it is not that to COMMIT");
			session_drop(session);
			return SCRIPT_LOST;
		}
		if (PQtransactionStatus(session->conn) == (statement ? PQTRANS_INTRANS : PQTRANS_IDLE))
			return SCRIPT_DONE;
		log_error("%s failed: %s: a statement has ended the transaction that it ran in",
				  script->name, script->file->path);
		return SCRIPT_FAILED;
	}
	session_error(session, result);
	if (stop_signal() != 0 || (now_ms() >= script->deadline.end && may_be_deadline(session)))
		return SCRIPT_STOPPED;
	if (is_lost(session))
		return SCRIPT_LOST;
	log_script_failure(script, statement, result);
	return SCRIPT_FAILED;
}

/*
 * Run something of our own between the statements.
 */
static PGresult *
ask(const Script *script, Query query, ScriptEnd *end)
{
	PGresult   *result = session_query(script->session, query, script->deadline.attempt);

	*end = SCRIPT_DONE;
	if (result == NULL)
		*end = stop_signal() != 0 || now_ms() >= script->deadline.end ? SCRIPT_STOPPED : SCRIPT_LOST;
	return result;
}

/*
 * Tell the server the deadline, unless it knows.
 */
static ScriptEnd
limit_time(Attempt *attempt)
{
	const Script *script = attempt->script;
	Millis		now = now_ms();
	ScriptEnd	end;

	if (attempt->limited != 0 && now - attempt->limited < LIMIT_DRIFT_MS)
		return SCRIPT_DONE;
	if (now >= script->deadline.end)
		return SCRIPT_STOPPED;
	PQclear(ask(script, sql_limit_time(script->deadline.end - now), &end));
	attempt->limited = now;

	return end;
}

static void
set_too_long(Session *session)
{
	set_failure(&session->failure, FAILURE_FINAL, "Nobody reads it: let the statement return less.",
				"the answer to the statement of %s takes more than %d MB of memory",
				session->running, ANSWER_MB);
	session->failure.code = EXIT_STEP_FAILED;
}

static ScriptEnd
run_statement(Attempt *attempt, const SqlStatement *statement)
{
	const Script *script = attempt->script;
	Session    *session = script->session;
	SqlWords	words = {.next = statement->text};
	ScriptEnd	end = limit_time(attempt);
	PGresult   *result = NULL;

	if (end != SCRIPT_DONE)
		return end;
	next_sql_word(&words);
	session->running = psprintf("%s:%d", script->file->path, line_of(statement, words.start));
	log_debug("sending the statement of %s", session->running);
	if (session_send_text(session, statement->text) && PQsetSingleRowMode(session->conn) == 1)
		result = session_receive(session, script->deadline.attempt);
	if (result == NULL && session->failure.too_long)
		set_too_long(session);
	free(session->running);
	session->running = NULL;
	end = judge(script, statement, result);
	PQclear(result);
	/* it may have set another limit */
	if (strcmp(words.word, "set") == 0 || strcmp(words.word, "select") == 0)
		attempt->limited = 0;

	return end;
}

static ScriptEnd
begin_script(Attempt *attempt)
{
	ScriptEnd	end;

	attempt->names = ask(attempt->script, sql_begin_script(), &end);
	return end;
}

static ScriptEnd
end_script(const Attempt *attempt)
{
	const Script *script = attempt->script;
	const char *search_path = PQgetvalue(attempt->names, 0, 0);
	const char *role = PQgetvalue(attempt->names, 0, 1);
	ScriptEnd	end;

	PQclear(ask(script, sql_restore_names(script->session->conn, search_path, role), &end));
	return end;
}

/*
 * Run the file.  The transaction is left open.
 */
ScriptEnd
script_run(const Script *script)
{
	Attempt		attempt = {.script = script};
	ScriptEnd	end = begin_script(&attempt);

	for (int i = 0; i < script->file->count && end == SCRIPT_DONE; i++)
		end = run_statement(&attempt, &script->file->statements[i]);
	if (end == SCRIPT_DONE)
		end = end_script(&attempt);
	PQclear(attempt.names);

	return end;
}

/*
 * If the answer is lost, nobody knows here whether it was committed.
 */
ScriptEnd
script_commit(const Script *script)
{
	PGresult   *result = NULL;
	Query		query = sql_commit();
	ScriptEnd	end;

	if (session_send(script->session, &query))
		result = session_receive(script->session, script->deadline.attempt);
	end = judge(script, NULL, result);
	PQclear(result);

	return end;
}
