/*-------------------------------------------------------------------------
 *
 * failure.c
 *		Why something did not work, and whether to try again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "options/options.h"
#include "server/attempts.h"
#include "server/failure.h"
#include "server/setting.h"

/*
 * Take the texts, which are allocated, in place of what the failure had.
 */
static void
take_texts(Failure *failure, char *message, char *detail, char *hint)
{
	failure_clear(failure);
	failure->message = message;
	failure->detail = detail;
	failure->hint = hint;
}

void
failure_set_kind(Failure *failure, FailureKind kind)
{
	failure->kind = kind;
	failure->code = kind == FAILURE_FINAL ? EXIT_REFUSED : EXIT_DEADLINE;
}

/*
 * Take a message, and a hint or NULL, in place of what the failure had.
 */
void
set_failure(Failure *failure, FailureKind kind, const char *hint, const char *fmt, ...)
{
	va_list		args;

	va_start(args, fmt);
	take_texts(failure, format_args(fmt, args), pg_strdup(""), pg_strdup(hint ? hint : ""));
	va_end(args);
	failure_set_kind(failure, kind);
}

void
failure_set_hint(Failure *failure, const char *hint)
{
	char	   *copy = pg_strdup(hint);

	free(failure->hint);
	failure->hint = copy;
}

static void
failure_add_hint(Failure *failure, const char *hint)
{
	char	   *both = failure->hint[0] ? psprintf("%s %s", failure->hint, hint) : pg_strdup(hint);

	free(failure->hint);
	failure->hint = both;
}

/*
 * One of several hosts failed before: that is told, too, and if it may pass
 * there, it is worth trying again.
 */
void
failure_precede(Failure *failure, const Failure *earlier)
{
	char	   *both = psprintf("%s; %s", earlier->message, failure->message);

	free(failure->message);
	failure->message = both;
	if (earlier->kind == FAILURE_RETRY)
		failure_set_kind(failure, FAILURE_RETRY);
}

static char *
copy_text(const char *text)
{
	return text ? pg_strdup(text) : NULL;
}

void
failure_copy(Failure *to, const Failure *from)
{
	Failure		copy = *from;

	if (to == from)
		return;
	copy.message = copy_text(from->message);
	copy.detail = copy_text(from->detail);
	copy.hint = copy_text(from->hint);
	failure_clear(to);
	*to = copy;
}

/*
 * Give the failure away: what is left is none.
 */
void
failure_move(Failure *to, Failure *from)
{
	if (to == from)
		return;
	failure_clear(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

void
failure_clear(Failure *failure)
{
	free(failure->message);
	free(failure->detail);
	free(failure->hint);
	memset(failure, 0, sizeof(*failure));
}

/*
 * Make the text of a failure of what was appended.
 */
static char *
finish_text(PQExpBuffer text)
{
	char	   *copy;

	if (PQExpBufferBroken(text))
	{
		log_error("out of memory");
		exit(EXIT_STEP_FAILED);
	}
	copy = copy_bounded(text->data, text->len, MOST_TEXT);
	termPQExpBuffer(text);
	return copy;
}

static char *
make_text(const char *from)
{
	PQExpBufferData text;

	initPQExpBuffer(&text);
	if (from)
		append_line(&text, from, strlen(from));
	return finish_text(&text);
}

/*
 * Our hint is added to one of the server's only if it names an option.
 */
static void
apply_rule(Failure *failure, const Rule *rule)
{
	char	   *ours;

	failure_set_kind(failure, rule->prospect == PASSES ? FAILURE_RETRY : FAILURE_FINAL);
	if (rule->hint == NULL || (failure->hint[0] && rule->option == NULL))
		return;
	ours = rule->option ? psprintf(rule->hint, option_source(rule->option)) : pg_strdup(rule->hint);
	failure_add_hint(failure, ours);
	free(ours);
}

/*
 * A standby among several hosts is passed over only if that is asked for.
 */
void
failure_advise_on_standby(Failure *failure, PGconn *conn)
{
	PQconninfoOption *options = PQconninfo(conn);
	const char *wanted = setting_value(options, "target_session_attrs");
	bool		several = strchr(setting_value(options, "host"), ',') != NULL ||
		strchr(setting_value(options, "hostaddr"), ',') != NULL;

	if (several && (*wanted == '\0' || strcmp(wanted, "any") == 0))
		failure_add_hint(failure,
						 "Of several hosts, target_session_attrs=read-write takes the primary.");
	PQconninfoFree(options);
}

/*
 * From 16 on libpq keeps silent if it gets no socket for its last address: see
 * PQconnectPoll() in fe-connect.c.  So do we get none, then.
 */
static char *
connection_error(const PGconn *conn)
{
	const char *error = PQerrorMessage(conn);
	int			fd;

	if (*error)
		return pg_strdup(error);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return psprintf("could not create socket: %s", strerror(errno));
	close(fd);
	return pg_strdup("libpq tells no reason");
}

/*
 * Why the connection could not be made, or broke.
 */
void
set_connection_failure(Failure *failure, const PGconn *conn)
{
	Attempts	attempts;
	const Attempt *decisive;
	PQExpBufferData message;
	char	   *error = connection_error(conn);

	read_attempts(&attempts, error);
	free(error);
	decisive = decisive_attempt(&attempts);
	initPQExpBuffer(&message);
	append_attempts(&message, &attempts);
	take_texts(failure, finish_text(&message), make_text(decisive->detail.data),
			   make_text(decisive->hint.data));
	strlcpy(failure->sqlstate, decisive->sqlstate, sizeof(failure->sqlstate));
	apply_rule(failure, decisive->rule);
	free_attempts(&attempts);
	if (PQconnectionNeedsPassword(conn))
		failure_set_kind(failure, FAILURE_FINAL);
}

/*
 * Why the server refused a statement.
 */
void
set_result_failure(Failure *failure, PGconn *conn, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (sqlstate == NULL)		/* libpq's own: the connection broke */
	{
		set_connection_failure(failure, conn);
		return;
	}
	take_texts(failure, make_text(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)),
			   make_text(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL)),
			   make_text(PQresultErrorField(result, PG_DIAG_MESSAGE_HINT)));
	strlcpy(failure->sqlstate, sqlstate, sizeof(failure->sqlstate));
	apply_rule(failure, judge_error(failure->sqlstate, failure->message));
	if (strcmp(failure->sqlstate, STANDBY_SQLSTATE) == 0)
		failure_advise_on_standby(failure, conn);
}

/*
 * What the server would say, had it been asked to look for itself.
 */
void
set_refusal(Failure *failure, const char *sqlstate, const char *detail, const char *hint,
			const char *fmt, ...)
{
	va_list		args;

	va_start(args, fmt);
	take_texts(failure, format_args(fmt, args), pg_strdup(detail ? detail : ""),
			   pg_strdup(hint ? hint : ""));
	va_end(args);
	strlcpy(failure->sqlstate, sqlstate, sizeof(failure->sqlstate));
	apply_rule(failure, judge_error(failure->sqlstate, failure->message));
}

/*
 * A transaction has ended without a word.
 */
void
set_cut_failure(Failure *failure)
{
	set_failure(failure, FAILURE_FINAL,
				"Set the pooler's mode to transaction or session, or connect past it.",
				"a transaction has ended before its end, as with a pooler in statement mode");
}

void
log_failure(const Failure *failure)
{
	log_event(LOG_ERROR, failure->detail, failure->hint, "%s", failure->message);
}
