/*-------------------------------------------------------------------------
 *
 * doctor_server.c
 *		What "gw_bootstrap doctor" asks of the server, role and extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "doctor/doctor.h"
#include "lock/extension.h"
#include "sql/sql_doctor.h"

#define OLDEST_SERVER 130000
#define NEWEST_SERVER 199999

/* Seconds. */
#define LONGEST_KEEPALIVES 300

/* What sql.md has for a fenced role. */
#define GENEROUS_MINUTES 5

void
tell_server(Doctor *doctor, const PGresult *result)
{
	int			version = PQserverVersion(doctor->session.conn);
	const char *name = PQgetvalue(result, 0, 0);

	if (version < OLDEST_SERVER || version > NEWEST_SERVER)
		say_bad(doctor, "Use a server that this version was tested with.",
				"server: PostgreSQL %s is not one of 13 to 19", name);
	else if (answer_is_true(result, 0, 1))
		say_bad(doctor,
				"Connect to the primary; a connection string with several hosts and "
				"target_session_attrs=read-write finds it.",
				"server: PostgreSQL %s is a standby, which cannot be migrated", name);
	else
		say_ok(doctor, "server: PostgreSQL %s, a primary", name);
}

/*
 * The script is there: is its library?
 */
static void
check_library(Doctor *doctor, const char *installed, const char *schema)
{
	PGresult   *result = doctor_ask(doctor, sql_doctor_library(doctor->session.conn, schema));

	if (result == NULL)
	{
		say_failure(doctor, "extension: its library", &doctor->session.failure);
		return;
	}
	if (strcmp(PQgetvalue(result, 0, 0), installed) == 0)
		say_ok(doctor, "extension: version %s in schema %s", installed, schema);
	else
		say_note(doctor,
				 "Run ALTER EXTENSION gw_bootstrap UPDATE in this database, or install the library "
				 "of "
				 "the same version.",
				 "extension: version %s in schema %s, library %s", installed, schema,
				 PQgetvalue(result, 0, 0));
	PQclear(result);
}

/*
 * What is installed here, and what the server could create.
 */
void
tell_extension(Doctor *doctor, const PGresult *result)
{
	const char *installed = PQgetvalue(result, 0, 0);
	const char *remedy = is_given(result, 0, 2) ?
		"Run CREATE EXTENSION gw_bootstrap in this database, or use --create-extension." :
		"Install its package on the server, then run CREATE EXTENSION gw_bootstrap in this "
		"database.";
	if (!is_given(result, 0, 0) && doctor->options->require_extension)
		say_bad(doctor, remedy, "extension: not installed, and required");
	else if (!is_given(result, 0, 0))
		say_note(doctor, remedy,
				 "extension: not installed; a replica uses plain SQL, which costs round trips");
	else if (strtol(installed, NULL, 10) != strtol(GW_BOOTSTRAP_VERSION, NULL, 10))
		say_bad(doctor, SAME_VERSION_HINT,
				"extension: version %s does not work with version %s of the client", installed,
				GW_BOOTSTRAP_VERSION);
	else if (is_given(result, 0, 2) && strcmp(installed, PQgetvalue(result, 0, 2)) != 0)
		say_note(doctor, "Run ALTER EXTENSION gw_bootstrap UPDATE in this database.",
				 "extension: version %s in schema %s, but the server has %s",
				 installed, PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 2));
	else
		check_library(doctor, installed, PQgetvalue(result, 0, 1));
}

static bool
is_on(const PGresult *result, int column)
{
	const char *value = PQgetvalue(result, 0, column);

	return is_given(result, 0, column) && *value && strcmp(value, "0") != 0;
}

/*
 * Long enough for any pause of a migration, so that it ends only what was left behind.
 */
static bool
is_generous(const char *interval)
{
	char	   *unit;
	long		count = strtol(interval, &unit, 10);

	return strcmp(unit, "min") == 0 ? count >= GENEROUS_MINUTES :
									  strcmp(unit, "h") == 0 || strcmp(unit, "d") == 0;
}

/*
 * Limits that a guard lifts for itself still meet the migration command.
 */
static void
check_limits(Doctor *doctor, const PGresult *result, const char *whose)
{
	static const struct
	{
		int			column;
		const char *name;
		const char *ends;
	} limits[] = {
		{SETTING_STATEMENT_TIMEOUT, "statement_timeout",
		 "every statement of a migration that takes longer"},
		{SETTING_LOCK_TIMEOUT, "lock_timeout",
		 "every statement of a migration that waits longer for a lock"},
		{SETTING_IDLE_TIMEOUT, "idle_in_transaction_session_timeout",
		 "a migration command that pauses for so long inside a transaction; a guard lifts it for "
		 "itself"},
		{SETTING_TRANSACTION_TIMEOUT, "transaction_timeout",
		 "every transaction of a migration command that takes longer; a guard lifts it for itself"},
	};
	bool		any = false;

	for (int i = 0; i < lengthof(limits); i++)
	{
		if (!is_on(result, limits[i].column))
			continue;
		any = true;
		if (limits[i].column == SETTING_IDLE_TIMEOUT &&
			is_generous(PQgetvalue(result, 0, SETTING_IDLE_TIMEOUT)))
		{
			say_ok(doctor, "timeouts: %s%s is %s, which ends only what was left behind", whose,
				   limits[i].name, PQgetvalue(result, 0, SETTING_IDLE_TIMEOUT));
			continue;
		}
		say_note(doctor, "Set it to 0 for the role that migrates, or in the migration itself.",
				 "timeouts: %s%s is %s and ends %s", whose, limits[i].name,
				 PQgetvalue(result, 0, limits[i].column), limits[i].ends);
	}
	if (!any)
		say_ok(doctor, "timeouts: %snone of the server's would end a migration", whose);
}

/*
 * How long a guard, whose idle transaction nothing else ends, outlives a host
 * that has vanished.  A process that dies is noticed at once.
 */
void
tell_keepalives(Doctor *doctor, const PGresult *result)
{
	int			seconds = atoi(PQgetvalue(result, 0, SETTING_KEEPALIVES));

	if (!is_given(result, 0, SETTING_KEEPALIVES))
		return;
	if (seconds > 0 && seconds <= LONGEST_KEEPALIVES)
		say_ok(doctor,
			   "keepalives: the server notices after %d s that the host at the other end has "
			   "vanished",
			   seconds);
	else
		say_note(doctor,
				 "Lower tcp_keepalives_idle, tcp_keepalives_interval and tcp_keepalives_count; "
				 "behind a pooler it is the pooler that has to notice (PgBouncer: tcp_keepidle, "
				 "tcp_keepintvl, tcp_keepcnt).",
				 "keepalives: the server notices only after %d s that the host at the other end "
				 "has vanished, and keeps its lock until then",
				 seconds);
}

/*
 * The client goes on after errors, having turned it off where it expects one; a
 * migration may not.
 */
static void
check_errors(Doctor *doctor, const PGresult *result, const char *whose)
{
	if (strcmp(PQgetvalue(result, 0, SETTING_EXIT_ON_ERROR), "on") == 0)
		say_note(doctor, "Set it to off for the role that migrates, or in this database.",
				 "errors: %sexit_on_error is on, so each ends its session, also one that a migration"
				 " would go on after",
				 whose);
}

static void
check_transactions(Doctor *doctor, const PGresult *result, const char *whose)
{
	if (strcmp(PQgetvalue(result, 0, SETTING_READ_ONLY), "on") == 0)
		say_bad(doctor, "Set it to off for the role that migrates, or in this database.",
				"transactions: %sdefault_transaction_read_only is on, so a migration can write "
				"nothing",
				whose);
	else if (strcmp(PQgetvalue(result, 0, SETTING_ISOLATION), "read committed") != 0)
		say_note(doctor,
				 "The client asks for READ COMMITTED itself; who calls gw_bootstrap_try() has to.",
				 "transactions: %sdefault_transaction_isolation is %s", whose,
				 PQgetvalue(result, 0, SETTING_ISOLATION));
	else
		say_ok(doctor, "transactions: %sREAD COMMITTED and writable by default", whose);
}

/*
 * NULL before 14.
 */
static void
check_interval(Doctor *doctor, const PGresult *result, const char *whose)
{
	if (is_on(result, SETTING_CHECK_INTERVAL))
		say_ok(doctor, "client_connection_check_interval: %s%s", whose,
			   PQgetvalue(result, 0, SETTING_CHECK_INTERVAL));
	else if (is_given(result, 0, SETTING_CHECK_INTERVAL))
		say_note(doctor,
				 "Set it to some seconds; behind a pooler it is the pooler that has to notice.",
				 "client_connection_check_interval: %s0, so a statement of a migration that was "
				 "killed runs on to its end",
				 whose);
}

/*
 * Those that a migration meets: of its role, which is named if it has a way of its own.
 */
void
tell_settings(Doctor *doctor, const PGresult *result)
{
	char	   *whose = migrates_elsewhere(doctor) ?
		psprintf("role %s: ", PQgetvalue(result, 0, SETTING_ROLE)) :
		pg_strdup("");

	check_limits(doctor, result, whose);
	check_errors(doctor, result, whose);
	check_transactions(doctor, result, whose);
	check_interval(doctor, result, whose);
	free(whose);
}

/*
 * A migration takes two connections at least: the guard's and its own.  An
 * open one of ours is among those in use.
 */
void
tell_connections(Doctor *doctor, const PGresult *result)
{
	static const char *const limits[] = {"max_connections", "the limit of the role",
										 "the limit of the database"};
	bool		scarce = false;

	for (int i = 0; i < lengthof(limits); i++)
	{
		if (!is_given(result, 0, i) || atoi(PQgetvalue(result, 0, i)) >= 1)
			continue;
		scarce = true;
		say_bad(doctor, "Raise it, or let poolers and services hold fewer connections.",
				"connections: %s leaves none beside this one, but a guard and its migration take "
				"two",
				limits[i]);
	}
	if (!scarce)
		say_ok(doctor, "connections: %s more than this one are free on the server",
			   PQgetvalue(result, 0, 0));
}
