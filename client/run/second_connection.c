/*-------------------------------------------------------------------------
 *
 * second_connection.c
 *		What is asked beside the guard before a command starts.
 *
 * A migration command needs a connection of its own while the guard holds
 * one: a pool of one would leave both waiting for each other.
 *
 * The same connection tells whether an earlier migration is still at work.
 * It is not asked in the guard, which would then keep relation locks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "lock/names.h"
#include "run/earlier_migration.h"
#include "run/fence.h"
#include "run/second_connection.h"
#include "server/answer.h"
#include "sql/sql.h"

/* How long a second connection beside the guard may take. */
#define SECOND_CONNECTION_MS 10000

/*
 * Why no command could be started.
 */
static void
log_no_connection(const Failure *failure)
{
	if (failure->kind == FAILURE_FINAL)
		log_event(LOG_ERROR, failure->message, failure->hint,
				  "the migration command could not connect to the database");
	else
		log_event(LOG_ERROR,
				  psprintf("The migration command would wait for the guard, and the guard for the command. The last error was: %s",
						   failure->message),
				  "Use a larger pool, name a way past the pooler in --migration-url, or migrate by --migrate-sql.",
				  "no second connection to the database within %d s while the guard holds one",
				  SECOND_CONNECTION_MS / 1000);
}

/*
 * True if the server itself has no connection left, or is not ready: unlike a
 * pool of one that goes away while we wait, even without a guard.  PgBouncer
 * passes on only the words.
 */
static bool
is_refused_for_now(const Failure *failure)
{
	return strncmp(failure->sqlstate, "53", 2) == 0 ||
		strcmp(failure->sqlstate, "57P03") == 0 ||
		strstr(failure->message, "server login failed") != NULL;
}

/*
 * There is no connection: now, or for as long as the guard is there.
 */
static SecondResult
handle_no_connection(Run *run, const Failure *failure)
{
	if (failure->kind == FAILURE_RETRY && is_refused_for_now(failure))
	{
		set_reason(&run->reason, EXIT_DEADLINE,
				   "Leave a connection for the guard and one for the command: see max_connections.",
				   "no second connection for the migration command: %s", failure->message);
		return SECOND_LATER;
	}
	if (failure->kind == FAILURE_RETRY && now_ms() >= run->deadline.end)
	{
		set_reason(&run->reason, EXIT_DEADLINE, failure->hint,
				   "no second connection to the database while the guard holds one: %s", failure->message);
		return SECOND_LATER;
	}
	log_no_connection(failure);
	return SECOND_NONE;
}

/*
 * Say if an earlier migration could not have been seen: its sessions are known
 * by their names, or by a role that only migrates.
 */
static void
warn_of_names(const char *sent, const PGresult *found)
{
	const char *arrived = PQgetvalue(found, 0, EARLIER_OUR_NAME);
	char	   *detail;

	if (answer_is_true(found, 0, EARLIER_OWN_ROLE) || is_name_sent(sent, arrived))
		return;
	detail = psprintf("Sent \"%s\", found \"%s\".", sent, arrived);
	log_event(LOG_WARNING, detail,
			  "Migrate as a role of its own, by --migration-url, whose sessions are known whatever their name; or by --migrate-sql.",
			  "an earlier migration that is still at work could not be seen: application_name does not arrive at the server");
	free(detail);
}

SecondResult
ask_second_connection(Run *run)
{
	Millis		until;
	Session		other = {0};
	PGresult   *result = NULL;
	char	   *sent = NULL;
	int			round = 0;
	SecondResult answer = SECOND_LATER;

	if (!let_command_end(run))
		return SECOND_LATER;
	until = Min(run->deadline.end, now_ms() + SECOND_CONNECTION_MS);
	do
	{
		if (session_open(&other, run->options->migration_conninfo, until))
			result = ask_for_migrations(&other, run->options, until);
		if (result != NULL)
			sent = sent_application_name(&other);
		if (result != NULL && !ask_for_fence(run, &other, until))
		{
			PQclear(result);
			result = NULL;
		}
		session_close(&other);
	} while (result == NULL && other.failure.kind == FAILURE_RETRY &&
			 !is_refused_for_now(&other.failure) && wait_backoff(round++, until));

	if (result != NULL && !is_earlier_migration(run, result))
	{
		warn_of_names(sent, result);
		answer = SECOND_CLEAR;
	}
	else if (result == NULL && stop_signal() == 0)
		answer = handle_no_connection(run, &other.failure);
	PQclear(result);
	free(sent);
	failure_clear(&other.failure);
	return answer;
}
