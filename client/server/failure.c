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
#include "options/options.h"
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

/*
 * Append text as part of one line.  Lines that begin with a tab are libpq's
 * guesses at the reason ("Is the server running ...?"), which are left out.
 */
static void
append_line(char *to, size_t size, const char *from, size_t len)
{
	size_t		used = strlen(to);
	const char *end = from + len;

	while (from < end && used + 3 < size)
	{
		size_t		line = strcspn(from, "\n");

		line = Min(line, end - from);
		if (line > 0 && *from != '\t')
		{
			if (used > 0 && to[used - 1] != ' ')
				used += strlcpy(to + used, "; ", size - used);
			strlcpy(to + used, from, Min(size - used, line + 1));
			used += strlen(to + used);
		}
		from += line + 1;
	}
}

void
set_failure(Failure *failure, FailureKind kind, const char *hint, const char *fmt, ...)
{
	va_list		args;

	memset(failure, 0, sizeof(*failure));
	failure->kind = kind;
	va_start(args, fmt);
	vsnprintf(failure->message, sizeof(failure->message), fmt, args);
	va_end(args);
	if (hint)
		strlcpy(failure->hint, hint, sizeof(failure->hint));
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
		size_t		used = strlen(failure->hint);

		if (!has_prefix(failure->sqlstate, hints[i].sqlstate) || (used > 0 && hints[i].option == NULL))
			continue;
		if (used > 0 && used + 1 < sizeof(failure->hint))
			failure->hint[used++] = ' ';
		snprintf(failure->hint + used, sizeof(failure->hint) - used, hints[i].hint,
				 hints[i].option ? option_source(hints[i].option) : "");
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
	failure->kind = retry ? FAILURE_RETRY : FAILURE_FINAL;

	if (failure->sqlstate[0] == '\0' && (has_prefix(failure->message, "invalid ") || has_prefix(failure->message, "definition of service ")))
	{
		failure->kind = FAILURE_FINAL;
		strlcpy(failure->hint, "Check the connection string and libpq's environment variables.",
				sizeof(failure->hint));
	}
	else if (has_prefix(failure->sqlstate, "08") ||
			 (failure->sqlstate[0] == '\0' && reason != NULL))
	{
		for (int i = 0; i < lengthof(final_texts); i++)
		{
			if (strstr(reason ? reason : failure->message, final_texts[i].text) == NULL)
				continue;
			failure->kind = FAILURE_FINAL;
			strlcpy(failure->hint, final_texts[i].hint, sizeof(failure->hint));
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

	memset(failure, 0, sizeof(*failure));
	if (sqlstate == NULL)
		append_line(failure->message, sizeof(failure->message), text, strlen(text));
	else
	{
		const char *line = sqlstate;
		const char *severity;

		/* keep what tells the host, leave out the severity */
		while (line > text && line[-1] != '\n')
			line--;
		severity = strstr(line, "failed: ");
		if (severity != NULL && severity < sqlstate)
			append_line(failure->message, sizeof(failure->message), line, severity - line + 8);
		memcpy(failure->sqlstate, sqlstate, 5);
		append_line(failure->message, sizeof(failure->message), sqlstate + 7,
					strcspn(sqlstate + 7, "\n"));
	}
	classify(failure);
	if (PQconnectionNeedsPassword(conn))
	{
		failure->kind = FAILURE_FINAL;
		strlcpy(failure->hint, "Put the password into the connection string, PGPASSWORD or ~/.pgpass.",
				sizeof(failure->hint));
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
	memset(failure, 0, sizeof(*failure));
	strlcpy(failure->sqlstate, sqlstate, sizeof(failure->sqlstate));
	append_line(failure->message, sizeof(failure->message), message, strlen(message));
	if (detail)
		append_line(failure->detail, sizeof(failure->detail), detail, strlen(detail));
	if (hint)
		append_line(failure->hint, sizeof(failure->hint), hint, strlen(hint));
	classify(failure);
}

void
log_failure(const Failure *failure)
{
	log_event(LOG_ERROR, failure->detail, failure->hint, "%s", failure->message);
}
