/*-------------------------------------------------------------------------
 *
 * migration.c
 *		Run the migration command while the guard holds the lock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "command/command.h"
#include "command/environment.h"
#include "lock/watch.h"
#include "run/run.h"

static Step
start_over(Run *run)
{
	return start_over_unguarded(run, "during the migration");
}

/*
 * The last word of a migration that did not bring the database to head.  The
 * guard is still open, so that a look for better advice sees what it has left.
 */
Step
end_not_at_head(Run *run, const Heads *heads, const char *applied, char *advice,
				const char *message)
{
	char	   *better = run->advise_not_at_head ? run->advise_not_at_head(run) : NULL;
	char	   *detail = psprintf("Found %s, wanted %s.%s", heads->text,
							describe_expected(&run->options->target), applied);

	log_event(LOG_ERROR, detail, better ? better : advice, "%s", message);
	free(detail);
	free(better);
	free(advice);
	return end_with(run, EXIT_STEP_FAILED);
}

/*
 * The command has ended: believe the head table, not its exit status.
 */
static Step
verify_migration(Run *run)
{
	TryResult	try;
	int			round = 0;

	/* busy is a head table that somebody has locked just now */
	do
		try = guard_ask_again(&run->session, &run->options->target, run->deadline.attempt);
	while (try.outcome == OUTCOME_BUSY && wait_backoff(round++, run->deadline.end));

	switch (try.outcome)
	{
		case OUTCOME_AT_HEAD:
			guard_end(&run->session, run->deadline.attempt);
			return STEP_READY;
		case OUTCOME_FAILED:
			if (run->session.failure.kind == FAILURE_RETRY &&
				(PQstatus(run->session.conn) != CONNECTION_OK || run->session.failure.timed_out))
				log_warning("lost the guard after the migration: %s", run->session.failure.message);
			return handle_failure(run);
		case OUTCOME_BUSY:
			if (stop_signal() != 0)
				return STEP_AGAIN;
			set_reason(&run->reason, EXIT_DEADLINE, NULL,
					   "the migration has ended, but the head table is locked");
			return end_at_deadline(run);
		default:
			/* as tools leave it that go on after a failure */
			if (try.outcome == OUTCOME_FAILED_MIGRATION && run->judge_failed)
				return run->judge_failed(run, &try.heads, true);
			return end_not_at_head(run, &try.heads, "",
								   psprintf("Check that the command migrates this database, and that %s names"
											" the heads of its migrations.",
											option_source("--expect-head")),
								   "the migration succeeded, but the database is not at head");
	}
}

/*
 * Watch the guard and the command until it has ended.  If that was not by
 * itself, the step says how to go on.
 */
static bool
wait_for_command(Run *run, Command *command, CommandEnd *end, Step *step)
{
	switch (await_command(command, &run->session, run->lookouts, run->deadline.end))
	{
		case WATCH_ENDED:
			break;
		case WATCH_GUARD_LOST:
			*step = stop_under_guard(run, command, GRACE_LOST_MS) ? start_over(run) :
																	end_at_deadline(run);
			return false;
		case WATCH_STOPPED:
			stop_under_guard(run, command, stop_signal() ? GRACE_SIGNAL_MS : GRACE_DEADLINE_MS);
			*step = stop_signal() ? STEP_AGAIN : end_at_deadline(run);
			return false;
	}
	command_end(command, end);
	if (!end->client_silent)
		return true;
	set_failure(&run->session.failure, FAILURE_RETRY, NULL,
				"this client was stopped for some time, so its watcher has killed the migration");
	*step = start_over(run);
	return false;
}

/*
 * Complete the plan by what is the same for all that run under a guard, and
 * start the command.  If that cannot be, the step says how to go on.
 */
bool
start_under_guard(Run *run, Command *command, CommandPlan *plan, const char *doing, Step *step)
{
	const Options *options = run->options;

	plan->sessions = command_application_name(MIGRATION, &options->target);
	run->safety = CLASS_BY_NAME;
	run->safety_detail = NULL;
	for (int i = 0; run->before_command[i]; i++)
	{
		if (!run->before_command[i](run, plan, step))
			return false;
	}
	plan->patience = SILENCE_MS;
	plan->guard = PQsocket(run->session.conn);
	plan->database_url = options->migration_url ? options->migration_url : options->dbname;
	log_event(LOG_INFO, run->safety_detail, NULL, "%s (%s)", doing, run->safety);
	if (command_start(command, plan))
		return true;
	*step = end_with(run, EXIT_STEP_FAILED);
	return false;
}

/*
 * We have the lock: migrate under its guard.
 */
static Step
migrate_by_command(Run *run)
{
	CommandPlan plan = {
		.name = MIGRATION,
		.source = option_source("--migrate"),
		.argv = run->options->migrate_words,
	};
	Command		command;
	CommandEnd	end;
	Step		step;

	if (!start_under_guard(run, &command, &plan, "migrating", &step))
		return step;
	if (!wait_for_command(run, &command, &end, &step))
		return step;
	if (!command_succeeded(&command, &end) ||
		(run->fence && !run->fence->is_proven(run, run->deadline.attempt)))
		return guard_is_alive(&run->session, run->deadline.attempt) ?
			end_with(run, EXIT_STEP_FAILED) :
			start_over(run);
	run->migrated = true;
	return verify_migration(run);
}

void
take_command_migration(Run *run)
{
	if (run->options->migrate != NULL && !run->options->skip_migrations)
		run->migrate = migrate_by_command;
}
