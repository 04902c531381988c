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
#include "beside/earlier_migration.h"
#include "fence/fence.h"
#include "lock/extension.h"
#include "rounds/rounds.h"
#include "run/run.h"
#include "script/sql_script.h"
#include "sql/sql_steps.h"
#include "steps/steps.h"

/* How long the question for an earlier migration may take. */
#define ASK_MS 10000

static const SqlFile *migration;	/* NULL unless it is asked for */

/*
 * The connection, or a deadlock, has ended the transaction.  If that was at
 * COMMIT, the next look at the heads tells whether it came through.
 */
static Step
start_over(Run *run, const char *what)
{
	Failure    *failure = &run->session.failure;

	if (failure->kind == FAILURE_RETRY)
		log_warning("%s, starting over: %s", what, failure->message);
	else
	{
		ExitCode	code = failure->code;

		set_failure(failure, FAILURE_FINAL, failure->hint, "%s: %s", what, failure->message);
		failure->code = code;
	}
	return handle_failure(run);
}

static Step
end_stopped(Run *run, const char *reason)
{
	if (stop_signal() != 0)
		return STEP_AGAIN;
	set_reason(&run->reason, EXIT_DEADLINE, NULL, "%s", reason);
	return end_at_deadline(run);
}

static Step
commit(Run *run, const Script *script)
{
	switch (script_commit(script))
	{
		case SCRIPT_DONE:
			/* look again: what was deferred until then may have changed the heads */
			run->migrated = true;
			run->looked = false;
			return STEP_AGAIN;
		case SCRIPT_FAILED:
			break;
		case SCRIPT_LOST:
			return start_over(run, "no answer to the COMMIT of the migration");
		case SCRIPT_STOPPED:
			return end_stopped(run, "no answer to the COMMIT of the migration,"
									" which may have been applied");
	}
	return end_with(run, EXIT_STEP_FAILED);
}

/*
 * Look at the heads as the file has left them.  It may have dropped, or moved,
 * the extension that was to look: then find another way.
 */
static TryResult
look_at_result(Run *run)
{
	Session    *session = &run->session;
	TryResult	try = guard_ask_again(session, &run->options->target, run->deadline.attempt);
	PGresult   *result;

	if (try.outcome != OUTCOME_FAILED || PQtransactionStatus(session->conn) != PQTRANS_INERROR ||
		!session_forget_extension(session))
		return try;
	result = session_query(session, sql_back_to_end_of_script(), run->deadline.attempt);
	if (result != NULL && find_way(session, run->options, run->deadline.attempt))
		try = guard_ask_again(session, &run->options->target, run->deadline.attempt);
	PQclear(result);
	return try;
}

/*
 * What the file did keeps us from looking at the heads, and would others, too.
 */
static Step
end_unreadable(Run *run, const Script *script)
{
	log_event(LOG_ERROR, "Nothing of the file was applied.", run->session.failure.hint,
			  "%s leaves heads that cannot be read: %s", script->file->path,
			  run->session.failure.message);
	return end_with(run, run->session.failure.code);
}

/*
 * All statements have run.  Only if that has reached head is it kept.
 */
static Step
verify_and_commit(Run *run, const Script *script)
{
	TryResult	try = look_at_result(run);

	if (try.outcome == OUTCOME_AT_HEAD)
		return commit(run, script);
	if (try.outcome == OUTCOME_FAILED)
	{
		if (stop_signal() != 0 || now_ms() >= run->deadline.end)
			return end_stopped(run, "the migration did not end in time and was rolled back");
		if (run->session.failure.kind == FAILURE_FINAL)
			return end_unreadable(run, script);
		return start_over(run, "the migration was rolled back");
	}
	return end_not_at_head(run, &try.heads, " Nothing of the file was applied.",
						   psprintf("Let the file write the heads into %s,"
									" and check that %s names them.",
									run->options->target.head_table,
									option_source("--expect-head")),
						   psprintf("%s does not bring the database to head", script->file->path));
}

/*
 * The file was at head when it was committed, and is not now: another time would
 * end likewise.
 */
static Step
end_changed_at_commit(Run *run)
{
	TryResult	try = guard_ask_again(&run->session, &run->options->target, run->deadline.attempt);

	if (try.outcome == OUTCOME_FAILED)
		return handle_failure(run);
	return end_not_at_head(run, &try.heads, " What the file did is committed.",
						   pg_strdup("A deferred trigger may have changed the heads:"
									 " with SET CONSTRAINTS ALL IMMEDIATE at its end"
									 " the file is not committed then."),
						   "the migration was committed, and then the database was not at head");
}

/*
 * We have the lock: run the file.
 */
static Step
run_file(Run *run)
{
	Script		script = {
		.name = "migration",
		.file = migration,
		.session = &run->session,
		.deadline = run->deadline,
	};

	log_info("migrating (%s)", CLASS_ONE_TRANSACTION);
	switch (script_run(&script))
	{
		case SCRIPT_DONE:
			return verify_and_commit(run, &script);
		case SCRIPT_FAILED:
			break;
		case SCRIPT_LOST:
			return start_over(run, "the migration was rolled back");
		case SCRIPT_STOPPED:
			return end_stopped(run, "the migration did not end in time and was rolled back");
	}
	return end_with(run, EXIT_STEP_FAILED);
}

/*
 * Replicas that migrate by a command may have been here before.  There is no
 * other connection to ask over; the locks of the question do no harm, since
 * this transaction is no guard of others.
 */
static Step
migrate_by_sql(Run *run)
{
	PGresult   *sessions;
	Fence		fence;
	bool		earlier;
	Step		step;

	if (!ask_fence(&run->session, &fence, Min(run->deadline.attempt, now_ms() + ASK_MS)))
		return handle_failure(run);
	if (refuse_wrong_fence(run->options, &fence))
		return end_with(run, EXIT_REFUSED);
	if (!let_command_end(run))
		return wait_without_lock(run);
	sessions = ask_for_migrations(&run->session, run->options,
								  Min(run->deadline.attempt, now_ms() + ASK_MS));
	if (sessions == NULL)
		return handle_failure(run);
	earlier = is_earlier_migration(run, sessions);
	PQclear(sessions);
	if (earlier)
		return wait_without_lock(run);
	if (!is_still_to_do(run, NULL, &step))
		return step;
	return run->migrated ? end_changed_at_commit(run) : run_file(run);
}

void
take_sql_migration(Run *run)
{
	const Options *options = run->options;

	if (options->migrate_sql == NULL || options->skip_migrations)
		return;
	migration = read_sql_file(options->migrate_sql, option_source("--migrate-sql"));
	run->migrate = migrate_by_sql;
}
