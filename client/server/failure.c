/*-------------------------------------------------------------------------
 *
 * failure.c
 *		Tell what is worth retrying from what somebody has to mend.
 *
 * Decided by SQLSTATE.  libpq does not hand that out for a connection that
 * failed, but writes it into the message if asked for verbose errors: see
 * pqGetErrorNotice3() in fe-protocol3.c.  PgBouncer gives errors of its own,
 * and those of a server that refuses its login, the SQLSTATE 08P01, so these
 * are told by their text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/text.h"
#include "options/options.h"
#include "pqexpbuffer.h"
#include "server/failure.h"

/*
 * Errors that go away by themselves: SQLSTATEs, or classes of them.
 */
static const char *const retry_sqlstates[] = {
	/* connection exceptions, and whatever a pooler has to say */
	"08",
	/* a standby, during a failover */
	"25006",
	/* serialization failure, deadlock */
	"40",
	/* too many connections, out of memory, disk full */
	"53",
	/* lock_timeout */
	"55P03",
	/* shutdown, crash, starting up, idle_session_timeout */
	"57P01", "57P02", "57P03", "57P05",
	/* statement_timeout, on a busy server */
	"57014",
	/* system error; Odyssey's own class */
	"58"};

/*
 * Errors that don't, although they have one of these SQLSTATEs or none: those
 * of PgBouncer, the server's as PgBouncer passes them on, and libpq's own.
 */
static const struct
{
	const char *text;
	const char *hint;
} final_texts[] = {
	{"statement pooling",
	 "Set pool_mode to transaction or session, or connect past the pooler."},
	{"unsupported startup parameter",
	 "Remove \"options\" and other settings from the connection string, or list the parameter in PgBouncer's ignore_startup_parameters."},
	{"no such database",
	 "Check the database name and the pooler's [databases] section."},
	{"no such user",
	 "Check the user name and the pooler's auth_file."},
	{"does not exist",
	 "Create it, or correct its name."},
	{"is not permitted to log in",
	 "Check the user name."},
	{"permission denied for database",
	 "GRANT CONNECT ON DATABASE to the role."},
	{"no pg_hba.conf entry",
	 "Check user, database and sslmode, and the server's pg_hba.conf."},
	{"authentication failed",
	 "Check user and password."},
	{"SASL",
	 "Check user and password."},
	{"does not support SSL",
	 "Check sslmode."},
	{"certificate",
	 "Check sslmode and the files of certificates."},
};

/* Remedies for errors that have one. */
static const struct
{
	const char *sqlstate;
	const char *hint;
	const char *option;			/* for %s, or NULL */
} hints[] = {
	{"28", "Check user and password, and pg_hba.conf."},
	{"3D000", "Create the database, or correct its name."},
	{"42501", "GRANT SELECT on the head table to the role, USAGE on its schema and on that of the extension, and EXECUTE on the functions of the extension."},
	{"42602", "Check %s.", "--head-table"},
	{"42703", "Check %s.", "--head-column"},
	{"42809", "Check %s.", "--head-table"},
};

/* The static client has a libpq without LDAP, which takes "ldap://..." for a setting. */
#ifdef USE_LDAP
#define SERVICE_FILE_HINT "Correct the service file."
#else
#define SERVICE_FILE_HINT "Correct the service file. This client is built without LDAP look-up, so none of its lines may begin with \"ldap\"."
#endif

/* The most of a text that others wrote. */
#define MOST_TEXT 4096

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

void
set_failure(Failure *failure, FailureKind kind, const char *hint, const char *fmt, ...)
{
	va_list		args;
	char	   *message;

	va_start(args, fmt);
	message = vformat(fmt, args);
	va_end(args);
	take_texts(failure, message, pg_strdup(""), pg_strdup(hint ? hint : ""));
	failure_set_kind(failure, kind);
}

/*
 * Why to try again, and the exit code if that has not helped by the deadline.
 */
void
set_reason(Failure *failure, ExitCode code, const char *hint, const char *fmt, ...)
{
	va_list		args;
	char	   *message;

	va_start(args, fmt);
	message = vformat(fmt, args);
	va_end(args);
	take_texts(failure, message, pg_strdup(""), pg_strdup(hint ? hint : ""));
	failure->kind = FAILURE_RETRY;
	failure->code = code;
}

void
failure_set_hint(Failure *failure, const char *hint)
{
	char	   *copy = pg_strdup(hint);

	free(failure->hint);
	failure->hint = copy;
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
 * Append text as part of one line.  Lines that begin with a tab are libpq's
 * guesses at the reason ("Is the server running ...?"), which are left out.
 */
static void
append_line(PQExpBuffer to, const char *from, size_t len)
{
	const char *end = from + len;

	while (from < end)
	{
		size_t		line = strcspn(from, "\n");

		line = Min(line, end - from);
		if (line > 0 && *from != '\t')
		{
			if (to->len > 0 && to->data[to->len - 1] != ' ')
				appendPQExpBufferStr(to, "; ");
			appendBinaryPQExpBuffer(to, from, line);
		}
		from += line + 1;
	}
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

static bool
has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * Add our remedy, unless the server has a hint and ours names no option.
 */
static void
add_hint(Failure *failure)
{
	for (int i = 0; i < lengthof(hints); i++)
	{
		bool		theirs = failure->hint[0] != '\0';
		char	   *ours;

		if (!has_prefix(failure->sqlstate, hints[i].sqlstate) || (theirs && hints[i].option == NULL))
			continue;
		ours = psprintf(hints[i].hint, hints[i].option ? option_source(hints[i].option) : "");
		if (theirs)
		{
			char	   *both = psprintf("%s %s", failure->hint, ours);

			free(ours);
			ours = both;
		}
		free(failure->hint);
		failure->hint = ours;
		return;
	}
}

static void
classify(Failure *failure)
{
	/* without an SQLSTATE it is libpq's own, most likely the network */
	bool		retry = failure->sqlstate[0] == '\0';

	/* what comes before may have any name in it */
	const char *reason = strstr(failure->message, "failed: ");

	for (int i = 0; i < lengthof(retry_sqlstates) && !retry; i++)
		retry = has_prefix(failure->sqlstate, retry_sqlstates[i]);
	failure_set_kind(failure, retry ? FAILURE_RETRY : FAILURE_FINAL);

	if (failure->sqlstate[0] == '\0' && has_prefix(failure->message, "syntax error in service file"))
	{
		failure_set_kind(failure, FAILURE_FINAL);
		failure_set_hint(failure, SERVICE_FILE_HINT);
	}
	else if (failure->sqlstate[0] == '\0' && (has_prefix(failure->message, "invalid ") || has_prefix(failure->message, "definition of service ")))
	{
		failure_set_kind(failure, FAILURE_FINAL);
		failure_set_hint(failure, "Check the connection string and libpq's environment variables.");
	}
	else if (has_prefix(failure->sqlstate, "08") ||
			 (failure->sqlstate[0] == '\0' && reason != NULL))
	{
		for (int i = 0; i < lengthof(final_texts); i++)
		{
			if (strstr(reason ? reason : failure->message, final_texts[i].text) == NULL)
				continue;
			failure_set_kind(failure, FAILURE_FINAL);
			failure_set_hint(failure, final_texts[i].hint);
			break;
		}
	}
	add_hint(failure);
}

/*
 * The SQLSTATE in "... failed: FATAL:  28P01: password authentication failed",
 * the last one if libpq tried several hosts.
 */
static const char *
find_sqlstate(const char *text)
{
	const char *found = NULL;

	for (const char *p = text; (p = strstr(p, ":  ")) != NULL; p += 3)
	{
		if (strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 &&
			has_prefix(p + 8, ": "))
			found = p + 3;
	}
	return found;
}

/*
 * Why the connection could not be made, or broke.
 */
void
set_connection_failure(Failure *failure, const PGconn *conn)
{
	const char *text = PQerrorMessage(conn);
	const char *sqlstate = find_sqlstate(text);

	PQExpBufferData message;

	initPQExpBuffer(&message);
	if (sqlstate == NULL)
		append_line(&message, text, strlen(text));
	else
	{
		const char *line = sqlstate;
		const char *severity;

		/* keep what tells the host, leave out the severity */
		while (line > text && line[-1] != '\n')
			line--;
		severity = strstr(line, "failed: ");
		if (severity != NULL && severity < sqlstate)
			append_line(&message, line, severity - line + 8);
		append_line(&message, sqlstate + 7, strcspn(sqlstate + 7, "\n"));
	}
	take_texts(failure, finish_text(&message), pg_strdup(""), pg_strdup(""));
	if (sqlstate != NULL)
		strlcpy(failure->sqlstate, sqlstate, sizeof(failure->sqlstate));
	classify(failure);
	if (PQconnectionNeedsPassword(conn))
	{
		failure_set_kind(failure, FAILURE_FINAL);
		failure_set_hint(failure, "Put the password into the connection string, PGPASSWORD or ~/.pgpass.");
	}
}

void
set_result_failure(Failure *failure, const PGconn *conn, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);

	if (sqlstate == NULL)		/* libpq's own: the connection broke */
	{
		set_connection_failure(failure, conn);
		return;
	}
	take_texts(failure, make_text(message), make_text(detail), make_text(hint));
	strlcpy(failure->sqlstate, sqlstate, sizeof(failure->sqlstate));
	classify(failure);
}

void
log_failure(const Failure *failure)
{
	log_event(LOG_ERROR, failure->detail, failure->hint, "%s", failure->message);
}
