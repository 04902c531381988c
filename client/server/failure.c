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
failure_add_hint(Failure *failure, const char *hint)
{
	char	   *both = psprintf("%s%s%s", failure->hint, *failure->hint ? " " : "", hint);

	free(failure->hint);
	failure->hint = both;
}

void
failure_copy(Failure *to, const Failure *from)
{
	Failure		copy = *from;

	if (from->message)
	{
		copy.message = pg_strdup(from->message);
		copy.detail = pg_strdup(from->detail);
		copy.hint = pg_strdup(from->hint);
	}
	failure_clear(to);
	*to = copy;
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
 * The lines of a text as one, which is not too long; of NULL, none.
 */
static char *
make_text(const char *from)
{
	PQExpBufferData text;
	char	   *copy;

	initPQExpBuffer(&text);
	if (from)
		append_line(&text, from, strlen(from));
	copy = copy_bounded(text.data, text.len, MOST_TEXT);
	termPQExpBuffer(&text);
	return copy;
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
 * Judge it by its SQLSTATE and message.
 */
void
failure_judge(Failure *failure)
{
	apply_rule(failure, judge_error(failure->sqlstate, failure->message));
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
	take_texts(failure, make_text(message.data), make_text(decisive->field[DETAIL].data),
			   make_text(decisive->field[HINT].data));
	termPQExpBuffer(&message);
	strlcpy(failure->sqlstate, decisive->sqlstate, sizeof(failure->sqlstate));
	apply_rule(failure, decisive->rule);
	free_attempts(&attempts);
}

/*
 * Why the server refused a statement.
 */
void
set_result_failure(Failure *failure, const PGconn *conn, const PGresult *result)
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
	failure_judge(failure);
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
