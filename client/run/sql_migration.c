/*-------------------------------------------------------------------------
 *
 * sql_migration.c
 *		Migrate by a file of SQL, in the guard's own transaction.
 *
 * So the lock lasts exactly as long as what it protects, which is committed
 * as a whole or not at all.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "run/earlier_migration.h"
#include "run/round.h"
#include "run/sql_migration.h"
#include "script/sql_script.h"

/* How long the question for an earlier migration may take. */
#define ASK_MS 10000

/*
 * The connection, or a deadlock, has ended the transaction.  If that was at
 * COMMIT, the next look at the heads tells whether it came through.
 */
static Step
start_over(Run *run, ExitCode *code, const char *what)
{
	log_warning("%s, starting over: %s", what, run->session.failure.message);
	return handle_failure(run, code);
}

static Step
end_stopped(Run *run, ExitCode *code, const char *reason)
{
	if (stop_signal() != 0)
		return STEP_AGAIN;
	strlcpy(run->reason, reason, sizeof(run->reason));
	run->remedy[0] = '\0';
	run->reason_code = EXIT_DEADLINE;
	*code = end_at_deadline(run);
	return STEP_END;
}

static Step
commit(Run *run, const Script *script, ExitCode *code)
{
	switch (script_commit(script))
	{
		case SCRIPT_DONE:
			run->migrated = true;
			return STEP_READY;
		case SCRIPT_FAILED:
			break;
		case SCRIPT_LOST:
			return start_over(run, code, "no answer to the COMMIT of the migration");
		case SCRIPT_STOPPED:
			return end_stopped(run, code,
							   "no answer to the COMMIT of the migration, which may have been applied");
	}
	*code = EXIT_STEP_FAILED;
	return STEP_END;
}

/*
 * All statements have run.  Only if that has reached head is it kept.
 */
static Step
verify_and_commit(Run *run, const Script *script, ExitCode *code)
{
	TryResult	try = guard_ask_again(&run->session, run->options, run->attempt_deadline);

	if (try.outcome == OUTCOME_AT_HEAD)
		return commit(run, script, code);
	if (try.outcome == OUTCOME_FAILED && (stop_signal() != 0 || now_ms() >= run->deadline))
		return end_stopped(run, code, "the migration did not end in time and was rolled back");
	if (try.outcome == OUTCOME_FAILED)
		return start_over(run, code, "the migration was rolled back");
	log_event(LOG_ERROR,
			  psprintf("Found %s, wanted %s. Nothing of the file was applied.",
					   try.heads.text, describe_expected(run->options)),
			  psprintf("Let the file write the heads into %s, and check that %s names them.",
					   run->options->head_table, option_source("--expect-head")),
			  "%s does not bring the database to head", script->file->path);
	*code = EXIT_STEP_FAILED;
	return STEP_END;
}

/*
 * We have the lock: run the file.
 */
static Step
run_file(Run *run, ExitCode *code)
{
	Script		script = {
		.name = "migration",
		.file = &run->migrate_sql,
		.session = &run->session,
		.deadline = run->deadline,
		.attempt_deadline = run->attempt_deadline,
	};

	log_info("migrating");
	switch (script_run(&script))
	{
		case SCRIPT_DONE:
			return verify_and_commit(run, &script, code);
		case SCRIPT_FAILED:
			break;
		case SCRIPT_LOST:
			return start_over(run, code, "the migration was rolled back");
		case SCRIPT_STOPPED:
			return end_stopped(run, code, "the migration did not end in time and was rolled back");
	}
	*code = EXIT_STEP_FAILED;
	return STEP_END;
}

/*
 * Replicas that migrate by a command may have been here before.  There is no
 * other connection to ask over; the locks of the question do no harm, since
 * this transaction is no guard of others.
 */
Step
migrate_by_sql(Run *run, ExitCode *code)
{
	PGresult   *sessions;
	bool		earlier;
	Step		step;

	let_command_end(run);
	sessions = ask_for_migrations(&run->session, run->options, Min(run->attempt_deadline, now_ms() + ASK_MS));
	if (sessions == NULL)
		return handle_failure(run, code);
	earlier = is_earlier_migration(run, sessions);
	PQclear(sessions);
	if (!earlier)
		return is_still_to_do(run, &step, code) ? run_file(run, code) : step;
	if (!guard_end(&run->session, run->attempt_deadline))
		return handle_failure(run, code);

	return wait_round(run, code);
}
