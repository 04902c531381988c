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
#include "beside/earlier_migration.h"
#include "beside/second_connection.h"
#include "lock/sessions/names.h"
#include "server/answer.h"
#include "sql/sql_beside.h"

/*
 * Not now.  The lock is ours, so the reason is no longer that it was not.
 */
static Step
wait_for_later(Run *run)
{
	run->waited_for_lock = false;
	return wait_without_lock(run);
}

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
				  psprintf("The migration command would wait for the guard, and the guard for the command."
						   " The last error was: %s",
						   failure->message),
				  SECOND_CONNECTION_REMEDY,
				  "no second connection to the database within %d s while the guard holds one",
				  SECOND_CONNECTION_MS / 1000);
}

/*
 * What PgBouncer says of a server that it cannot reach, or that is not ready:
 * it passes on only the words.
 */
static const char *const server_words[] = {
	"server login", "cannot connect to server", "server down", "the database system is"};

/*
 * True if the server itself has no connection left, or cannot be reached now:
 * unlike a pool of one that goes away while we wait, even without a guard.  Who
 * waits for a pool of one is not answered, or told so by the pooler.
 */
static bool
is_refused_for_now(const Failure *failure)
{
	if (failure->sqlstate[0] == '\0')
		return !failure->timed_out || failure->unreached;
	for (int i = 0; i < lengthof(server_words); i++)
	{
		if (strstr(failure->message, server_words[i]) != NULL)
			return true;
	}
	return strncmp(failure->sqlstate, "53", 2) == 0 || strncmp(failure->sqlstate, "57P", 3) == 0;
}

/*
 * What to do about it.
 */
static const char *
advise_on_refusal(const Options *options, const Failure *failure)
{
	if (failure->sqlstate[0] != '\0')
		return "Leave a connection for the guard and one for the command: see max_connections.";
	return psprintf("Check what %s leads to.",
					option_source(options->migration_url ? "--migration-url" : "--dbname"));
}

/*
 * There is no connection: now, or for as long as the guard is there.  A guard
 * that does not answer either holds none: it is the server that has gone.
 */
static Step
handle_no_connection(Run *run, const Failure *failure)
{
	bool		passes = failure->kind == FAILURE_RETRY;

	if (stop_signal() != 0 ||
		(passes && !run->waited_for_lock && tells_less(run, failure, &run->reason)))
		return wait_for_later(run);
	if (passes && is_refused_for_now(failure))
	{
		set_reason(&run->reason, EXIT_DEADLINE, advise_on_refusal(run->options, failure),
				   "no second connection for the migration command: %s", failure->message);
		return wait_for_later(run);
	}
	if (passes && now_ms() >= run->deadline.end)
	{
		set_reason(&run->reason, EXIT_DEADLINE, failure->hint,
				   "no second connection to the database while the guard holds one:"
				   " %s",
				   failure->message);
		return wait_for_later(run);
	}
	if (passes && !guard_is_alive(&run->session, run->deadline.attempt))
		return start_over_unguarded(run, "before the command began");
	log_no_connection(failure);
	return end_with(run, EXIT_REFUSED);
}

/*
 * Say what follows if names do not arrive here: an earlier migration could not
 * be seen, whose sessions are known by them or by a role that only migrates;
 * and a fenced session cannot show its token by one.
 */
static void
warn_of_names(Run *run, const char *sent, const PGresult *found)
{
	const char *arrived = PQgetvalue(found, 0, EARLIER_OUR_NAME);
	bool		arrives = is_name_sent(sent, arrived);
	char	   *detail;

	if (arrives || (!run->fenced && answer_is_true(found, 0, EARLIER_OWN_ROLE)))
		return;
	run->safety = CLASS_BY_NAME ", which does not arrive";
	detail = psprintf("Sent \"%s\", found \"%s\".", sent, arrived);
	if (run->fenced)
		log_event(LOG_WARNING, detail, TOKEN_REMEDY,
				  "application_name does not arrive at the server, so the migration cannot"
				  " show the token of its guard by it");
	else
		log_event(LOG_WARNING, detail, NAMES_REMEDY,
				  "an earlier migration that is still at work could not be seen:"
				  " application_name does not arrive at the server");
	free(detail);
}

/*
 * What was asked over the second connection.
 */
typedef struct Beside
{
	PGresult   *migrations;		/* earlier ones; NULL if there was no connection */
	char	   *sent;			/* the name that we gave it */
	Failure		failure;
} Beside;

static void
forget_beside(Beside *beside)
{
	PQclear(beside->migrations);
	free(beside->sent);
	failure_clear(&beside->failure);
	*beside = (Beside) {NULL};
}

static void
ask_beside(Run *run, Beside *beside)
{
	/* no command is started after the deadline, where there is time before it */
	Millis		last = run->options->timeout > 0 ? run->deadline.end : run->deadline.attempt;
	Millis		until = Min(last, now_ms() + SECOND_CONNECTION_MS);
	Session		other = {0};
	int			round = 0;

	forget_beside(beside);
	do
	{
		if (session_open(&other, run->options->migration_conninfo, until))
			beside->migrations = ask_for_migrations(&other, run->options, until);
		if (beside->migrations != NULL && run->fence && !run->fence->ask(run, &other, until))
		{
			PQclear(beside->migrations);
			beside->migrations = NULL;
		}
		if (beside->migrations != NULL)
			beside->sent = sent_application_name(&other);
		session_close(&other);
		if (!tells_less(run, &other.failure, &beside->failure))
			failure_copy(&beside->failure, &other.failure);
	} while (beside->migrations == NULL && other.failure.kind == FAILURE_RETRY &&
			 !is_refused_for_now(&other.failure) && wait_backoff(round++, until));
	failure_clear(&other.failure);
}

/*
 * Where nothing that a fenced role writes can outlive its guard, nobody has to
 * let the command of another replica end.
 */
static bool
may_start_command(Run *run, CommandPlan *plan, Step *step)
{
	Beside		beside = {NULL};
	bool		may_start = false;
	bool		ended = true;

	ask_beside(run, &beside);
	if (beside.migrations != NULL && run->fenced)
		run->lock_was_taken = false;
	if (beside.migrations != NULL && run->lock_was_taken)
	{
		ended = let_command_end(run);
		if (ended)
			ask_beside(run, &beside);
	}
	if (beside.migrations == NULL)
		*step = handle_no_connection(run, &beside.failure);
	else if (!ended || is_earlier_migration(run, beside.migrations))
		*step = wait_for_later(run);
	else
	{
		warn_of_names(run, beside.sent, beside.migrations);
		plan->guard_name = answer_text(beside.migrations, 0, EARLIER_GUARD);
		if (plan->guard_name)
			plan->guard_name = pg_strdup(plan->guard_name);
		may_start = true;
	}
	forget_beside(&beside);
	return may_start;
}

void
take_second_connection(Run *run)
{
	ADD_PART(run->when_busy, note_holder);
	ADD_PART(run->before_command, may_start_command);
	/* "guard" runs its command whatever the heads are */
	if (!(run->options->mode->needs & GUARDS_COMMAND))
		ADD_PART(run->before_command, is_still_to_do);
}
