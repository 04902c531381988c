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

#include "earlier_migration.h"
#include "log.h"
#include "second_connection.h"

/* How long a second connection beside the guard may take. */
#define SECOND_CONNECTION_MS 10000

/*
 * Why no command could be started.
 */
static void
log_no_connection(const Run *run, const Failure *failure)
{
	if (failure->kind == FAILURE_FINAL)
		log_event(LOG_ERROR, failure->message, failure->hint,
				  "the migration command could not connect to the database");
	else if (now_ms() < run->deadline)
		log_event(LOG_ERROR,
				  psprintf("The migration command would wait for the guard, and the guard for the command. The last error was: %s",
						   failure->message),
				  "Use a larger pool, name a way past the pooler in --migration-url, or migrate by --migrate-sql.",
				  "no second connection to the database within %d s while the guard holds one",
				  SECOND_CONNECTION_MS / 1000);
}

SecondResult
ask_second_connection(Run *run)
{
	Millis		until;
	Session		other = {0};
	PGresult   *result = NULL;
	int			round = 0;
	SecondResult answer = SECOND_NONE;

	let_command_end(run);
	until = Min(run->deadline, now_ms() + SECOND_CONNECTION_MS);
	do
	{
		if (session_open(&other, run->options->migration_conninfo, until))
			result = ask_for_migrations(&other, until);
		session_close(&other);
	} while (result == NULL && other.failure.kind == FAILURE_RETRY && wait_backoff(round++, until));

	if (result != NULL)
		answer = is_earlier_migration(run, result) ? SECOND_EARLIER_MIGRATION : SECOND_CLEAR;
	else if (stop_signal() == 0)
		log_no_connection(run, &other.failure);
	PQclear(result);
	return answer;
}
