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

#include "doctor.h"
#include "guard.h"
#include "log.h"
#include "sql.h"
#include "sql_doctor.h"

/* How long a second connection may take, as in a run. */
#define SECOND_CONNECTION_MS 10000

/* How often to look whether somebody else was given our backend. */
#define POOLING_ROUNDS 5

/*
 * Longer than the time between two heartbeats, since a limit that ends this
 * would end a guard.
 */
#define IDLE_MS (HEARTBEAT_MS + 500)

#define POOL_REMEDY \
	"Use a larger pool, name a way past the pooler in --migration-url, or migrate by --migrate-sql."

/*
 * The server process that serves us now, 0 if that failed.
 */
static int
backend_pid(Session *session, char *sql, Millis until)
{
	PGresult   *result = session_query(session, sql, until);
	int			pid = result ? atoi(PQgetvalue(result, 0, 0)) : 0;

	PQclear(result);
	return pid;
}

static bool
end_transaction(Session *session, Millis until)
{
	PGresult   *result = session_query(session, sql_rollback(), until);
	bool		ended = result != NULL;

	PQclear(result);
	return ended;
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

		if (!end_transaction(i % 2 ? ours : other, until) ||
			!end_transaction(i % 2 ? other : ours, until))
			return false;
		others = backend_pid(other, sql_begin_pid(), until);
		now = others != 0 && others != pid ? backend_pid(ours, sql_begin_pid(), until) : pid;
		if (others == pid || (now != 0 && now != pid))
			return true;
		if (others == 0 || now == 0)
			return false;
	}
	return false;
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

	if (backend_moves(ours, other, pid, until))
		say_ok(doctor, "pooling: a pooler in transaction mode");
	else if (PQbackendPID(ours->conn) == pid)
		say_ok(doctor, "pooling: none, the connection leads to the server itself");
	else
		say_ok(doctor, "pooling: a pooler in session mode, as far as can be seen");
}

/*
 * The mode of the pooler, and whether it has a connection for a migration
 * command while the guard holds one.
 */
void
check_pooling(Doctor *doctor)
{
	Session		other = {0};
	Millis		until = Min(doctor->deadline, now_ms() + SECOND_CONNECTION_MS);
	PGresult   *result = doctor_ask(doctor, sql_begin_pid());
	int			pid;

	if (result == NULL)
	{
		say_failure(doctor, "pooling: no transaction", &doctor->session.failure);
		return;
	}
	pid = atoi(PQgetvalue(result, 0, 0));
	PQclear(result);

	if (session_open(&other, doctor->options->conninfo, until) &&
		backend_pid(&other, sql_begin_pid(), until) != 0)
		tell_pooling(doctor, &other, pid);
	else if (other.failure.timed_out && doctor->options->migration_url)
		say_note(doctor, NULL, "pooling: a pool of one, or with one connection left: no second within %d s; the migration command has another way",
				 SECOND_CONNECTION_MS / 1000);
	else if (other.failure.timed_out && PQbackendPID(doctor->session.conn) != pid)
		say_bad(doctor, POOL_REMEDY, "pooling: a pool of one, or with one connection left: no second within %d s",
				SECOND_CONNECTION_MS / 1000);
	else
		say_failure(doctor, "pooling: no second connection", &other.failure);
	session_close(&other);
	if (doctor->session.conn)
		end_transaction(&doctor->session, doctor->deadline);
}

/*
 * What --migration-url names, while a transaction is open as the guard's is.
 */
void
check_second_connection(Doctor *doctor)
{
	Session		other = {0};
	Millis		until;
	PGresult   *result;

	if (doctor->options->migration_url == NULL)
		return;
	result = doctor_ask(doctor, sql_begin_pid());
	if (result == NULL)
		return;					/* told by check_pooling() */
	PQclear(result);
	until = Min(doctor->deadline, now_ms() + SECOND_CONNECTION_MS);
	if (session_open(&other, doctor->options->migration_conninfo, until) &&
		backend_pid(&other, sql_begin_pid(), until) != 0)
		say_ok(doctor, "migration connection: there beside the guard");
	else
		say_failure(doctor, "migration connection: none beside the guard", &other.failure);
	session_close(&other);
	end_transaction(&doctor->session, doctor->deadline);
}

/*
 * An idle transaction, with the limits lifted that a guard lifts.
 */
void
check_idle_transaction(Doctor *doctor)
{
	Session    *session = &doctor->session;
	PGresult   *result = doctor_ask(doctor, sql_begin_doctor(session->conn));

	if (result == NULL)
		return;					/* told by check_pooling() */
	PQclear(result);
	wait_until(NULL, 0, Min(doctor->deadline, now_ms() + IDLE_MS));
	result = session_query(session, sql_heartbeat(), doctor->deadline);
	if (result != NULL)
		say_ok(doctor, "idle transaction: lives longer than the %d s between two heartbeats of a guard",
			   HEARTBEAT_MS / 1000);
	else
	{
		say_bad(doctor,
				"Raise idle_transaction_timeout of the pooler (PgBouncer), or what else ends idle transactions, to 10 s or more.",
				"idle transaction: ended within %.1f s, as a guard would be: %s",
				IDLE_MS / 1000.0, session->failure.message);
		session_close(session);
	}
	PQclear(result);
	if (session->conn)
		end_transaction(session, doctor->deadline);
}
