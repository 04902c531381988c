/*-------------------------------------------------------------------------
 *
 * doctor_pool.c
 *		What "gw_bootstrap doctor" observes of the way to the server.
 *
 * A pooler does not tell what it is, so it is seen by what it does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "doctor/doctor.h"
#include "lock/sessions/names.h"
#include "lock/way/guard.h"
#include "server/answer.h"
#include "sql/sql.h"
#include "sql/sql_doctor.h"

/* How long one more for the service may take. */
#define SERVICE_CONNECTION_MS 1500

/* How often to look whether somebody else was given our backend. */
#define POOLING_ROUNDS 5

/*
 * Longer than the time between two heartbeats, since a limit that ends this
 * would end a guard.
 */
#define IDLE_MS (HEARTBEAT_MS + 500)

/* How long a pooler may take to reset a backend. */
#define RESET_MS 1000

/*
 * Begin a transaction as a guard's, and tell the server process that serves
 * it, 0 if that failed.
 */
static int
begin(Session *session, Millis until)
{
	PGresult   *result = session_query(session, sql_begin_pid(session->conn), until);
	int			pid = result ? atoi(PQgetvalue(result, 0, 0)) : 0;

	PQclear(result);
	return pid;
}

/*
 * Give our backend back, and see whether another client gets it although we
 * are still connected; or whether we get another.  A pooler lends out again
 * what came back last, or what came back first (PgBouncer's
 * server_round_robin), unless others are faster; so each is the last in turn.
 */
static bool
backend_moves(Session *ours, Session *other, int pid, Millis until)
{
	for (int i = 0; i < POOLING_ROUNDS; i++)
	{
		int			others;
		int			now;

		if (!session_do(i % 2 ? ours : other, sql_rollback(), until) ||
			!session_do(i % 2 ? other : ours, sql_rollback(), until))
			return false;
		others = begin(other, until);
		now = others != 0 && others != pid ? begin(ours, until) : pid;
		if (others == pid || (now != 0 && now != pid))
			return true;
		if (others == 0 || now == 0)
			return false;
	}
	return false;
}

/*
 * PgBouncer's server_reset_query_always shows in the last statement of a backend
 * that it has taken back while its client is still there.  Returns the backend
 * that our transaction has then, or 0.
 */
static int
check_reset(Doctor *doctor, Session *other, int pid, Millis until, bool *is_reset)
{
	Millis		patience = Min(until, now_ms() + RESET_MS);

	if (!session_do(&doctor->session, sql_rollback(), until))
		return 0;
	do
	{
		PGresult   *result = session_query(other, sql_doctor_last_statement(pid), until);
		const char *statement = result ? answer_text(result, 0, 0) : NULL;

		*is_reset = statement && pg_strncasecmp(statement, "DISCARD", 7) == 0;
		PQclear(result);
	} while (!*is_reset && !wait_until(NULL, 0, Min(patience, now_ms() + RESET_MS / 5)) &&
			 now_ms() < patience);
	if (*is_reset)
		say_note(doctor,
				 "It takes session-level locks away from clients that believe to have them, and "
				 "mends "
				 "nothing else: set it to 0.",
				 "pooling: the pooler resets each backend after each transaction (PgBouncer: "
				 "server_reset_query_always)");
	return begin(&doctor->session, until);
}

/*
 * Some poolers tell their client the pid of the first backend that it gets, so
 * that a pid alone does not prove that there is none.
 */
static void
tell_pooling(Doctor *doctor, Session *other, int pid)
{
	Session    *ours = &doctor->session;
	Millis		until = Min(doctor->deadline, now_ms() + SECOND_CONNECTION_MS);
	bool		is_reset = false;

	if (PQbackendPID(ours->conn) != pid)
		pid = check_reset(doctor, other, pid, until, &is_reset);
	/* what is reset was taken back, even if it is not ready when another looks for one */
	if (is_reset || (pid != 0 && backend_moves(ours, other, pid, until)))
		say_ok(doctor, "pooling: a pooler in transaction mode");
	else if (PQbackendPID(ours->conn) == pid)
		say_ok(doctor, "pooling: none seen, the session has a server connection to itself");
	else
		say_ok(doctor, "pooling: a pooler in session mode, as far as can be seen");
}

/*
 * Connect as the migration command would, while a transaction is open as the
 * guard's is, and like a run try again for a while.
 */
static bool
connect_beside(Session *other, const char *conninfo, Millis until)
{
	int			round = 0;

	do
	{
		if (session_open(other, conninfo, until) && begin(other, until) != 0)
			return true;
		session_close(other);
	} while (other->failure.kind == FAILURE_RETRY && wait_backoff(round++, until));
	return false;
}

static Millis
second_until(const Doctor *doctor)
{
	return Min(doctor->deadline, now_ms() + SECOND_CONNECTION_MS);
}

/*
 * There is no second connection.  A pooler makes it wait, with PgBouncer at
 * most until query_wait_timeout; but if the first is silent as well, it is the
 * server that has gone.
 */
static void
tell_no_second(Doctor *doctor, const Failure *failure, int pid, int seconds)
{
	if (!failure->timed_out && strstr(failure->message, "query_wait_timeout") == NULL)
		say_failure(doctor, "pooling: no second connection", failure);
	else if (!guard_is_alive(&doctor->session, doctor->deadline))
		say_failure(doctor, "pooling: no second connection, nor the first", &doctor->session.failure);
	else if (doctor->options->migration_url)
		say_note(doctor, NULL,
				 "pooling: a pool of one, or with one connection left: no second within %d s; the "
				 "migration command has another way",
				 seconds);
	else if (PQbackendPID(doctor->session.conn) != pid)
		say_bad(doctor, SECOND_CONNECTION_REMEDY,
				"pooling: a pool of one, or with one connection left: no second within %d s",
				seconds);
	else
		say_failure(doctor, "pooling: no second connection", failure);
}

/*
 * Whether the service still has a connection while the guard and a statement
 * of the migration have one each.  What else is in the way is told elsewhere.
 */
static void
check_room_for_service(Doctor *doctor)
{
	Session		service = {0};
	Millis		until = Min(doctor->deadline, now_ms() + SERVICE_CONNECTION_MS);

	if (!connect_beside(&service, doctor->options->conninfo, until) && service.failure.timed_out)
		say_note(doctor,
				 "Name a way past the pooler in --migration-url, which takes the statements out of the "
				 "pool, or migrate by --migrate-sql, or use a larger pool.",
				 "pooling: a pool of %s, or with no more left: while a migration runs, the service "
				 "gets no connection",
				 doctor->options->migration_url ? "one" : "two");
	session_close(&service);
}

/*
 * The mode of the pooler, and whether it has a connection for a migration
 * command while the guard holds one.
 */
void
check_pooling(Doctor *doctor)
{
	Session    *ours = &doctor->session;
	Session		other = {0};
	int			pid = begin(ours, doctor->deadline);
	Millis		until = second_until(doctor);
	int			seconds = (until - now_ms() + 500) / 1000;

	if (pid == 0)
	{
		say_failure(doctor, "pooling: no transaction", &ours->failure);
		return;
	}
	if (!connect_beside(&other, doctor->options->conninfo, until))
		tell_no_second(doctor, &other.failure, pid, seconds);
	else if (!guard_is_alive(ours, doctor->deadline) && ours->failure.kind == FAILURE_FINAL)
		say_failure(doctor, "pooling", &ours->failure);
	else if (ours->failure.kind == FAILURE_RETRY)
		say_bad(doctor, SECOND_CONNECTION_REMEDY, "pooling: no second connection until the first was lost: %s",
				ours->failure.message);
	else
	{
		if (doctor->options->migration_url == NULL)
			check_room_for_service(doctor);
		tell_pooling(doctor, &other, pid);
	}
	session_close(&other);
}

/*
 * What --migration-url names.
 */
void
check_second_connection(Doctor *doctor)
{
	Session		other = {0};

	if (doctor->options->migration_url == NULL || begin(&doctor->session, doctor->deadline) == 0)
		return;					/* the latter is told by check_pooling() */
	if (connect_beside(&other, doctor->options->migration_conninfo, second_until(doctor)))
	{
		say_ok(doctor, "migration connection: there beside the guard");
		check_room_for_service(doctor);
	}
	else
		say_failure(doctor, "migration connection: none beside the guard", &other.failure);
	session_close(&other);
}

/*
 * Whether the sessions of a migration would be known as such.  A connection that
 * fails is told by the checks before.
 */
void
check_names(Doctor *doctor)
{
	Session		other = {0};
	Millis		until = second_until(doctor);
	PGresult   *ours = doctor_ask(doctor, sql_own_name());
	PGresult   *theirs = NULL;
	char	   *sent = NULL;

	if (ours != NULL && session_open(&other, doctor->options->migration_conninfo, until) &&
		(theirs = session_query(&other, sql_own_name(), until)) != NULL)
	{
		const char *role = PQgetvalue(theirs, 0, 1);

		sent = sent_application_name(&other);
		if (strcmp(PQgetvalue(ours, 0, 1), role) != 0)
			say_ok(doctor,
				   "names: role %s is for migrations, so its sessions are known whatever their "
				   "name",
				   role);
		else if (is_name_sent(sent, PQgetvalue(theirs, 0, 0)))
			say_ok(doctor, "names: application_name arrives at the server");
		else
			say_bad(doctor, NAMES_REMEDY,
					"names: application_name does not arrive: sent \"%s\", found \"%s\"; an "
					"earlier migration that is still at work could not be seen",
					sent, PQgetvalue(theirs, 0, 0));
	}
	free(sent);
	PQclear(theirs);
	PQclear(ours);
	session_close(&other);
}

/*
 * An idle transaction, with the limits lifted that a guard lifts.
 */
void
check_idle_transaction(Doctor *doctor)
{
	Session    *session = &doctor->session;

	if (begin(session, doctor->deadline) == 0)
		return;					/* told by check_pooling() */
	wait_until(NULL, 0, Min(doctor->deadline, now_ms() + IDLE_MS));
	if (guard_is_alive(session, doctor->deadline))
		say_ok(doctor,
			   "idle transaction: lives longer than the %d s between two heartbeats of a guard",
			   HEARTBEAT_MS / 1000);
	else if (session->failure.kind == FAILURE_FINAL)
		say_failure(doctor, "idle transaction", &session->failure);
	else
		say_bad(doctor,
				"Raise idle_transaction_timeout and transaction_timeout of the pooler (PgBouncer), "
				"or what else ends idle transactions, to 10 s or more, the latter to more than "
				"the longest migration.",
				"idle transaction: ended within %.1f s, as a guard would be: %s",
				IDLE_MS / 1000.0, session->failure.message);
}
