/*-------------------------------------------------------------------------
 *
 * failure.c
 *		Tell what is worth retrying from what somebody has to mend.
 *
 * Decided by SQLSTATE.  libpq does not hand that out for a connection that
 * failed, but writes it into the message if asked for verbose errors: see
 * pqGetErrorNotice3() in fe-protocol3.c.  PgBouncer gives most errors of its
 * own the class 08 (objects.h, sbuf and disconnect_client() in its source), so
 * a few are told by their text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "common/logging.h"
#include "failure.h"

/* Errors that go away by themselves: SQLSTATEs, or classes of them. */
static const char *const retry_sqlstates[] = {
	"08",	  /* connection exceptions, and poolers' errors */
	"25006",	 /* a standby, during a failover */
	"40",	  /* serialization failure, deadlock */
	"53",	  /* too many connections, out of memory, disk full */
	"55P03",	 /* lock_timeout */
	"57P01", "57P02", "57P03", /* shutdown, crash, starting up */
	"57P05",	 /* idle_session_timeout */
	"57014",	 /* statement_timeout, on a busy server */
	"58"		 /* system error; Odyssey's own class */
};

/* Errors of poolers that don't, although their SQLSTATE looks so. */
static const struct
{
	const char *text;
	const char *hint;
} final_texts[] = {
	{"statement pooling",
	 "Set pool_mode to transaction or session, or connect past the pooler."},
	{"unsupported startup parameter",
	 "Remove \"options\" and other settings from the connection string, or list the parameter in PgBouncer's ignore_startup_parameters."},
	{"no such database", "Check the database name and the pooler's [databases] section."},
	{"no such user", "Check the user name and the pooler's auth_file."},
	{"authentication failed", "Check user and password."},
	{"SASL", "Check user and password."},
};

/* Remedies for errors that have one. */
static const struct
{
	const char *sqlstate;
	const char *hint;
} hints[] = {
	{"28", "Check user and password, and pg_hba.conf."},
	{"3D000", "Create the database, or correct its name."},
	{"42501", "GRANT SELECT on the head table to the role, and GRANT USAGE on its schema and on that of the extension."},
	{"42703", "Check --head-column."},
	{"42809", "Check --head-table."},
};

static void
copy_line(char *to, size_t size, const char *from, size_t len)
{
	strlcpy(to, from, Min(size, len + 1));
	for (char *p = to; *p; p++)
	{
		if (*p == '\n' || *p == '\t')
			*p = ' ';
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

static void
classify(Failure *failure)
{
	/* without an SQLSTATE it is libpq's own: a network, or a wrong parameter */
	failure->kind = failure->sqlstate[0] || strncmp(failure->message, "invalid ", 8) == 0 ?
		FAILURE_FINAL :
		FAILURE_RETRY;
	for (int i = 0; i < lengthof(retry_sqlstates); i++)
	{
		if (strncmp(failure->sqlstate, retry_sqlstates[i], strlen(retry_sqlstates[i])) == 0)
			failure->kind = FAILURE_RETRY;
	}
	for (int i = 0; i < lengthof(final_texts); i++)
	{
		if (strncmp(failure->sqlstate, "08", 2) == 0 &&
			strstr(failure->message, final_texts[i].text) != NULL)
		{
			failure->kind = FAILURE_FINAL;
			strlcpy(failure->hint, final_texts[i].hint, sizeof(failure->hint));
		}
	}
	for (int i = 0; i < lengthof(hints) && failure->hint[0] == '\0'; i++)
	{
		if (strncmp(failure->sqlstate, hints[i].sqlstate, strlen(hints[i].sqlstate)) == 0)
			strlcpy(failure->hint, hints[i].hint, sizeof(failure->hint));
	}
}

/*
 * Split "... FATAL:  28P01: password authentication failed" at its SQLSTATE.
 * The message of the last attempt counts, if libpq tried several hosts.
 */
void
set_connection_failure(Failure *failure, const PGconn *conn)
{
	const char *text = PQerrorMessage(conn);
	const char *line = text;
	const char *sqlstate = NULL;
	size_t		len;

	memset(failure, 0, sizeof(*failure));
	for (const char *p = text; (p = strstr(p, ":  ")) != NULL; p += 3)
	{
		if (strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 &&
			strncmp(p + 8, ": ", 2) == 0)
			sqlstate = p + 3;
	}
	if (sqlstate != NULL)
	{
		memcpy(failure->sqlstate, sqlstate, 5);
		line = sqlstate + 7;
	}
	len = sqlstate ? strcspn(line, "\n") : strlen(line);
	while (len > 0 && line[len - 1] == '\n')
		len--;
	copy_line(failure->message, sizeof(failure->message), line, len);
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
	copy_line(failure->message, sizeof(failure->message), message, strlen(message));
	if (detail)
		copy_line(failure->detail, sizeof(failure->detail), detail, strlen(detail));
	if (hint)
		copy_line(failure->hint, sizeof(failure->hint), hint, strlen(hint));
	classify(failure);
}

void
log_failure(const Failure *failure)
{
	pg_log_error("%s", failure->message);
	if (failure->detail[0])
		pg_log_error_detail("%s", failure->detail);
	if (failure->hint[0])
		pg_log_error_hint("%s", failure->hint);
}
