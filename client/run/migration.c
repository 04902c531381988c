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
#include "run/earlier_migration.h"
#include "run/round.h"
#include "run/second_connection.h"
#include "run/sql_migration.h"

static Step
start_over(Run *run, ExitCode *code)
{
	if (stop_signal() == 0)
		log_warning("lost the guard, and with it the lock: %s", run->session.failure.message);
	session_close(&run->session);
	strlcpy(run->reason, "lost the guard during the migration", sizeof(run->reason));
	return wait_round(run, code);
}

/*
 * The command has ended: believe the head table, not its exit status.
 */
static Step
verify_migration(Run *run, ExitCode *code)
{
	TryResult	try;
	int			round = 0;

	/* busy is a head table that somebody has locked just now */
	do
		try = guard_ask_again(&run->session, run->options, run->attempt_deadline);
	while (try.outcome == OUTCOME_BUSY && wait_backoff(round++, run->deadline));

	switch (try.outcome)
	{
		case OUTCOME_AT_HEAD:
			guard_end(&run->session, run->attempt_deadline);
			return STEP_READY;
		case OUTCOME_FAILED:
			log_warning("lost the guard after the migration: %s", run->session.failure.message);
			return handle_failure(run, code);
		case OUTCOME_BUSY:
			if (stop_signal() != 0)
				return STEP_AGAIN;
			strlcpy(run->reason, "the migration has ended, but the head table is locked",
					sizeof(run->reason));
			*code = end_at_deadline(run);
			return STEP_END;
		default:
			log_event(LOG_ERROR,
					  psprintf("Found %s, wanted %s.", try.heads.text, describe_expected(run->options)),
					  psprintf("Check that the command migrates this database, and that %s names the heads of its migrations.",
							   option_source("--expect-head")),
					  "the migration succeeded, but the database is not at head");
			*code = EXIT_STEP_FAILED;
			return STEP_END;
	}
}

/*
 * Without a second connection there is no migration.
 */
static Step
no_second_connection(Run *run, ExitCode *code)
{
	if (stop_signal() != 0)
		return STEP_AGAIN;
	*code = EXIT_REFUSED;
	if (now_ms() >= run->deadline)
	{
		strlcpy(run->reason, "no second connection to the database while the guard holds one",
				sizeof(run->reason));
		*code = end_at_deadline(run);
	}
	return STEP_END;
}

/*
 * We have the lock: migrate under its guard.
 */
Step
migrate(Run *run, ExitCode *code)
{
	Command		command;
	CommandEnd	end;
	Step		step;

	if (run->options->migrate_sql != NULL)
		return migrate_by_sql(run, code);

	switch (ask_second_connection(run))
	{
		case SECOND_CLEAR:
			break;
		case SECOND_LATER:
			if (!guard_end(&run->session, run->attempt_deadline))
				return handle_failure(run, code);
			return wait_round(run, code);
		case SECOND_NONE:
			return no_second_connection(run, code);
	}

	if (!is_still_to_do(run, &step, code))
		return step;

	log_info("migrating");
	*code = EXIT_STEP_FAILED;
	if (!command_start(&command, MIGRATION, run->options->migrate, run->options,
					   run->options->migration_url ? run->options->migration_url : run->options->dbname))
		return STEP_END;
	switch (watch(&command, &run->session, run->deadline))
	{
		case WATCH_ENDED:
			break;
		case WATCH_GUARD_LOST:
			command_stop(&command, GRACE_LOST_MS);
			return start_over(run, code);
		case WATCH_STOPPED:
			command_stop(&command, stop_signal() ? GRACE_SIGNAL_MS : GRACE_DEADLINE_MS);
			strlcpy(run->reason, "the migration did not end in time and was stopped",
					sizeof(run->reason));
			if (stop_signal() != 0)
				return STEP_AGAIN;
			*code = end_at_deadline(run);
			return STEP_END;
	}
	if (!command_end(&command, &end))
	{
		log_error("the watcher of the migration was killed");
		return STEP_END;
	}
	if (!command_succeeded(&command, &end))
		return guard_is_alive(&run->session, run->attempt_deadline) ? STEP_END : start_over(run, code);
	run->migrated = true;
	return verify_migration(run, code);
}
