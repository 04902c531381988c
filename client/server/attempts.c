/*-------------------------------------------------------------------------
 *
 * attempts.c
 *		What libpq tells of a connection, attempt by attempt.
 *
 * libpq tries each host, each of its addresses, and each of those once more if
 * it may do without TLS or GSS, and writes down one below the other why that
 * did not work.
 *
 * It hands out no SQLSTATE for a connection that failed, but writes it into the
 * message if asked for verbose errors: see pqGetErrorNotice3() in
 * fe-protocol3.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/text.h"
#include "server/attempts.h"
#include "server/weight.h"

/* What an attempt begins with, from 14 on and before. */
static const char *const beginnings[] = {
	"connection to server ", "could not translate ", "could not connect to server: ", NULL};

/*
 * Append text as part of one line.  Lines that begin with a tab are libpq's
 * guesses at the reason ("Is the server running ...?"), which are left out.
 */
void
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
	if (PQExpBufferBroken(to))
	{
		log_error("out of memory");
		exit(EXIT_STEP_FAILED);
	}
}

/*
 * The length of "connection to server at "host" (address), port 5432 failed: ",
 * and what is between its quotes and what tells the port.  Any of the names
 * may have any text in it.
 */
static size_t
read_where(Attempt *attempt, const char *line, size_t len)
{
	static const char failed[] = "failed: ";
	const char *name = memchr(line, '"', len);
	const char *name_end = name ? memchr(name + 1, '"', line + len - name - 1) : NULL;
	const char *end;
	const char *port;

	if (!has_prefix(line, beginnings[0]) || name_end == NULL)
		return 0;
	end = strstr(name_end, failed);
	if (end == NULL || end >= line + len)
		return 0;
	port = strstr(name_end, ", port ");
	if (port == NULL || port > end)
		port = end;
	attempt->where = psprintf("%.*s%.*s", (int) (name_end - name), name, (int) (end - port), port);
	return end + strlen(failed) - line;
}

/*
 * The length of "FATAL:  28P01: ", whatever language the severity is in.
 */
static size_t
read_sqlstate(Attempt *attempt, const char *line, size_t len)
{
	const char *found = strstr(line, ":  ");

	if (found == NULL || found >= line + len ||
		strspn(found + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != SQLSTATE_LEN ||
		!has_prefix(found + 3 + SQLSTATE_LEN, ": "))
		return 0;
	strlcpy(attempt->sqlstate, found + 3, sizeof(attempt->sqlstate));
	return found + 3 + SQLSTATE_LEN + 2 - line;
}

static Attempt *
begin_attempt(Attempts *attempts, const char *line, size_t len)
{
	Attempt    *attempt;
	size_t		where;
	size_t		severity;

	attempts->attempt = pg_realloc(attempts->attempt, ++attempts->count * sizeof(Attempt));
	attempt = &attempts->attempt[attempts->count - 1];
	memset(attempt, 0, sizeof(*attempt));
	for (int i = 0; i < FIELDS; i++)
		initPQExpBuffer(&attempt->field[i]);

	where = read_where(attempt, line, len);
	append_line(&attempt->field[MESSAGE], line, where);
	attempt->reason = attempt->field[MESSAGE].len;
	severity = read_sqlstate(attempt, line + where, len - where);
	append_line(&attempt->field[MESSAGE], line + where + severity, len - where - severity);
	return attempt;
}

/*
 * Another line of the attempt: the server's words may have several, and with
 * an SQLSTATE come the other fields of the error.
 */
static void
continue_attempt(Attempt *attempt, const char *line, size_t len)
{
	static const char *const labels[FIELDS] = {"", "DETAIL:  ", "HINT:  ", "LOCATION:  "};
	int			field = *attempt->sqlstate ? LOCATION : MESSAGE;

	while (field > MESSAGE && !has_prefix(line, labels[field]))
		field--;
	append_line(&attempt->field[field], line + strlen(labels[field]), len - strlen(labels[field]));
}

/*
 * All that is left of an error without a message is its severity.
 */
static void
cut_empty_reason(Attempt *attempt)
{
	PQExpBuffer message = &attempt->field[MESSAGE];
	const char *reason = message->data + attempt->reason;
	const char *severity_end = strstr(reason, ":  ");

	if (severity_end)
		reason = severity_end;
	if (reason[strspn(reason, ": ")] == '\0')
	{
		message->len = attempt->reason;
		message->data[message->len] = '\0';
	}
}

/*
 * Read an error message of a connection.
 */
void
read_attempts(Attempts *attempts, const char *text)
{
	Attempt    *attempt = NULL;

	memset(attempts, 0, sizeof(*attempts));
	do
	{
		size_t		len = strcspn(text, "\n");

		if (attempt == NULL || has_any_prefix(text, beginnings))
			attempt = begin_attempt(attempts, text, len);
		else
			continue_attempt(attempt, text, len);
		text += len + (text[len] == '\n');
	} while (*text != '\0');

	for (int i = 0; i < attempts->count; i++)
	{
		attempt = &attempts->attempt[i];
		cut_empty_reason(attempt);
		attempt->rule = judge_error(attempt->sqlstate, attempt->field[MESSAGE].data + attempt->reason);
		if (attempt->field[MESSAGE].len == attempt->reason)
			appendPQExpBufferStr(&attempt->field[MESSAGE], "the server tells no reason");
	}
}

static const Attempt *
first_attempt(const Attempts *attempts)
{
	return &attempts->attempt[0];
}

/* Which attempt tells whether to try again; the first of these is asked. */
static const Attempt *(*const judges[])(const Attempts *attempts) = {
	weightiest_attempt,
	first_attempt,
	NULL};

const Attempt *
decisive_attempt(const Attempts *attempts)
{
	return judges[0](attempts);
}

/*
 * Append all of them, each text once.
 */
void
append_attempts(PQExpBuffer to, const Attempts *attempts)
{
	for (int i = 0; i < attempts->count; i++)
	{
		const PQExpBufferData *message = &attempts->attempt[i].field[MESSAGE];
		bool		said = false;

		for (int j = 0; j < i && !said; j++)
			said = strcmp(message->data, attempts->attempt[j].field[MESSAGE].data) == 0;
		if (!said)
			append_line(to, message->data, message->len);
	}
}

void
free_attempts(Attempts *attempts)
{
	for (int i = 0; i < attempts->count; i++)
	{
		free(attempts->attempt[i].where);
		for (int j = 0; j < FIELDS; j++)
			termPQExpBuffer(&attempts->attempt[i].field[j]);
	}
	free(attempts->attempt);
}
