/*-------------------------------------------------------------------------
 *
 * doctor.c
 *		"gw_bootstrap doctor": what would break a migration here.
 *
 * It connects as a replica would and looks at one subject after the other.
 * It changes nothing: a transaction that it opens is rolled back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "base/visible.h"
#include "base/wait.h"
#include "doctor/doctor.h"
#include "lock/way/guard.h"
#include "sql/sql_doctor.h"

/* Seconds; all is over in about 5, unless something is wrong. */
#define DOCTOR_TIMEOUT 60

/* How long the server may take to end a connection of ours. */
#define RECONNECT_MS 5000

/* One subject each: a question, and what its answer tells; or more than that. */
static const struct
{
	const char *subject;
	Query		(*query)(PGconn *conn, const Target *target);
	void		(*tell)(Doctor *doctor, const PGresult *result);
	bool		of_migration;	/* asked as the role that migrates */
	void		(*check)(Doctor *doctor);	/* or NULL */
} checks[] = {
	{"server", sql_doctor_server, tell_server},
	{"extension", sql_doctor_extension, tell_extension},
	{.check = check_heads},
	{"privileges", sql_doctor_privileges, tell_privileges, .of_migration = true},
	{.check = check_holder},
	{.check = check_sessions},
	{.check = check_other_tools},
	{"settings", sql_doctor_settings, tell_settings, .of_migration = true},
	{"keepalives", sql_doctor_settings, tell_keepalives},
	{"connections", sql_doctor_connections, tell_connections},
	{.check = check_pooling},
	{.check = check_second_connection},
	{.check = check_names},
	{.check = check_safety},
	{.check = check_idle_transaction},
};

static void say(const char *verdict, const char *remedy, const char *fmt,
				va_list args) pg_attribute_printf(3, 0);

static void
say(const char *verdict, const char *remedy, const char *fmt, va_list args)
{
	char	   *text = format_args(fmt, args);
	char	   *line = make_one_line(text);

	printf("%-6s%s\n", verdict, line);
	free(line);
	free(text);
	if (remedy && *remedy)
	{
		line = make_one_line(remedy);
		printf("      %s\n", line);
		free(line);
	}
	fflush(stdout);
}

void
say_ok(Doctor *doctor, const char *fmt, ...)
{
	va_list		args;

	va_start(args, fmt);
	say("ok", NULL, fmt, args);
	va_end(args);
}

/*
 * Worth knowing, and not bad by itself.
 */
void
say_note(Doctor *doctor, const char *remedy, const char *fmt, ...)
{
	va_list		args;

	va_start(args, fmt);
	say("note", remedy, fmt, args);
	va_end(args);
}

void
say_bad(Doctor *doctor, const char *remedy, const char *fmt, ...)
{
	va_list		args;

	doctor->found = true;
	va_start(args, fmt);
	say("bad", remedy, fmt, args);
	va_end(args);
}

/*
 * The question itself went wrong.
 */
void
say_failure(Doctor *doctor, const char *subject, const Failure *failure)
{
	say_bad(doctor, failure->hint, "%s: %s%s%s", subject, failure->message,
			failure->detail[0] ? ": " : "", failure->detail);
}

bool
is_given(const PGresult *result, int row, int column)
{
	return !PQgetisnull(result, row, column);
}

PGresult *
doctor_ask(Doctor *doctor, Query query)
{
	return session_query(&doctor->session, query, doctor->deadline);
}

/*
 * Ask, and tell the answer.
 */
void
doctor_tell(Doctor *doctor, Session *session, const char *subject, Query query,
			void		(*tell)(Doctor *doctor, const PGresult *result))
{
	PGresult   *result = session_query(session, query, doctor->deadline);

	if (result != NULL)
		tell(doctor, result);
	else
		say_failure(doctor, subject, &session->failure);
	PQclear(result);
}

/*
 * Whether the role that migrates has a connection of its own.
 */
bool
migrates_elsewhere(const Doctor *doctor)
{
	return doctor->options->migration_url != NULL && doctor->options->migrate_sql == NULL;
}

/*
 * The connection of the role that migrates: ours, or that of --migration-url, which
 * is opened in "other" and may not stay open, lest it count for the checks of pools.
 * NULL if there is none, which check_second_connection() tells.
 */
static Session *
migrating_session(Doctor *doctor, Session *other)
{
	const Options *options = doctor->options;
	Millis		until = Min(doctor->deadline, now_ms() + SECOND_CONNECTION_MS);
	int			round = 0;

	if (!migrates_elsewhere(doctor))
		return &doctor->session;
	while (!doctor->no_migration && !session_open(other, options->migration_conninfo, until))
		doctor->no_migration = other->failure.kind != FAILURE_RETRY ||
			!wait_backoff(round++, until);
	return doctor->no_migration ? NULL : other;
}

/*
 * A connection that a check broke, or left without an answer or in a
 * transaction, is made again, which ends the transaction.  The server may count
 * the old one for a moment.
 */
static bool
be_connected(Doctor *doctor)
{
	Session    *session = &doctor->session;
	Millis		until = doctor->connected ? Min(doctor->deadline, now_ms() + RECONNECT_MS) : 0;
	int			round = 0;

	while (!session_be_idle(session, doctor->options->conninfo, doctor->deadline))
		if (session->failure.kind != FAILURE_RETRY || !wait_backoff(round++, until))
			return false;
	doctor->connected = true;
	return true;
}

static void
check(Doctor *doctor, int i)
{
	Session		other = {0};
	Session    *session;

	if (checks[i].check)
	{
		checks[i].check(doctor);
		return;
	}
	session = checks[i].of_migration ? migrating_session(doctor, &other) : &doctor->session;
	if (session != NULL)
		doctor_tell(doctor, session, checks[i].subject,
					checks[i].query(session->conn, &doctor->options->target), checks[i].tell);
	session_close(&other);
}

static ExitCode
examine(Doctor *doctor)
{
	for (int i = 0; i < lengthof(checks) && stop_signal() == 0; i++)
	{
		if (now_ms() >= doctor->deadline)
		{
			log_error_hint("Give it more time with --timeout.",
						   "not all was looked at before the deadline");
			return EXIT_DEADLINE;
		}
		if (!be_connected(doctor))
		{
			log_failure(&doctor->session.failure);
			return doctor->session.failure.kind == FAILURE_FINAL ? EXIT_REFUSED : EXIT_DEADLINE;
		}
		check(doctor, i);
	}
	return doctor->found ? EXIT_NOT_AT_HEAD : EXIT_READY;
}

ExitCode
do_doctor(const Options *options)
{
	Doctor		doctor = {.options = options};
	ExitCode	code;
	int			seconds = options->timeout ? options->timeout : DOCTOR_TIMEOUT;

	doctor.deadline = now_ms() + (Millis) seconds * 1000;
	set_backstop(doctor.deadline + BACKSTOP_MS);
	code = examine(&doctor);
	session_close(&doctor.session);
	if (!output_arrived())
		code = EXIT_STEP_FAILED;

	return stop_signal() ? EXIT_SIGNAL_BASE + stop_signal() : code;
}
