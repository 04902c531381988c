/*-------------------------------------------------------------------------
 *
 * run.c
 *		"gw_bootstrap run": from connecting to the command that it starts.
 *
 * A replica that finds the database at head needs one round trip.  One that
 * has to wait asks again and again, and holds no backend of a pooler and no
 * snapshot in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "command/command.h"
#include "command/environment.h"
#include "run/post_sql.h"
#include "run/round.h"

/* An attempt that begins just before the deadline may end just after it. */
#define LAST_ATTEMPT_MS 300

/* With a timeout of 0 there is one attempt, which is not for ever either. */
#define ONE_ATTEMPT_MS 10000
#define POST_STEPS_MS 600000

/* Waiting is reported after that time, then at growing intervals. */
#define FIRST_REPORT_MS 2000

/*
 * Say who has the lock, as far as we may know.
 */
static void
describe_holder(Run *run, const TryResult *try)
{
	int64		key = run->options->lock_key;

	run->remedy[0] = '\0';
	if (strcmp(try->holder_state, "prepared") == 0)
	{
		snprintf(run->reason, sizeof(run->reason),
				 "lock " INT64_FORMAT " is held by a prepared transaction (prepared)", key);
		strlcpy(run->remedy, "See pg_prepared_xacts; COMMIT PREPARED or ROLLBACK PREPARED ends it.",
				sizeof(run->remedy));
	}
	else if (try->holder_pid[0])
		snprintf(run->reason, sizeof(run->reason),
				 "lock " INT64_FORMAT " is held by backend %s (%s)", key, try->holder_pid,
				 try->holder_state[0] ? try->holder_state : "state unknown");
	else
		strlcpy(run->reason, "the head table is locked, or the lock has just been released",
				sizeof(run->reason));
	if (strcmp(try->holder_state, ORPHANED) == 0)
		advise_on_orphan(run);
}

/*
 * Somebody else has the lock.
 */
static Step
handle_busy(Run *run, TryResult *try, ExitCode *code)
{
	size_t		len;

	note_orphan(run, try);
	describe_holder(run, try);
	if (strcmp(try->holder_state, ORPHANED) != 0)
		run->lock_was_taken = true;
	run->reason_code = EXIT_DEADLINE;
	len = strlen(run->reason);
	snprintf(run->reason + len, sizeof(run->reason) - len, "; found %s, wanted %s",
			 try->heads.text, describe_expected(run->options));
	if (!break_orphan(run) || !guard_end(&run->session, run->attempt_deadline))
		return handle_failure(run, code);

	return wait_round(run, code);
}

/*
 * The database is ahead: no migration of ours can help, nor would waiting.
 */
static Step
handle_ahead(Run *run, const Heads *heads, ExitCode *code)
{
	*code = report_ahead(heads, run->options);
	run->ahead = *code == EXIT_READY;
	return run->ahead ? STEP_READY : STEP_END;
}

/*
 * The heads that are known don't tell whether the database is ahead.
 */
static Step
handle_cut_heads(Run *run, ExitCode *code)
{
	strlcpy(run->reason, "the head table is locked, or has so many rows that one that is ahead could hide",
			sizeof(run->reason));
	snprintf(run->remedy, sizeof(run->remedy), "Check %s and %s, or use --expect-head instead of %s.",
			 option_source("--head-table"), option_source("--head-column"), option_source("--alembic"));
	run->reason_code = EXIT_DEADLINE;
	if (!guard_end(&run->session, run->attempt_deadline))
		return handle_failure(run, code);
	return wait_round(run, code);
}

/*
 * What was found under the lock decides, or, while somebody else has it, what
 * is there so far.
 */
static Step
try_to_migrate(Run *run, ExitCode *code)
{
	TryResult	try = guard_open(&run->session, run->options, run->attempt_deadline);

	if (try.outcome != OUTCOME_FAILED && is_ahead(&try.heads))
	{
		guard_end(&run->session, run->attempt_deadline);
		return handle_ahead(run, &try.heads, code);
	}
	switch (try.outcome)
	{
		case OUTCOME_FAILED:
			return handle_failure(run, code);
		case OUTCOME_AT_HEAD:
			guard_end(&run->session, run->attempt_deadline);
			return STEP_READY;
		case OUTCOME_BUSY:
			return handle_busy(run, &try, code);
		case OUTCOME_ACQUIRED:
			break;
	}
	if (try.heads.cut && run->options->known_heads.head)
		return handle_cut_heads(run, code);
	return migrate(run, code);
}

/*
 * The database is not at head, and we are not to change that.
 */
static Step
wait_for_others(Run *run, const Heads *heads, ExitCode *code)
{
	snprintf(run->reason, sizeof(run->reason), "the database is not at head: found %s, wanted %s",
			 heads->text, describe_expected(run->options));
	run->reason_code = EXIT_NOT_AT_HEAD;
	strlcpy(run->remedy, run->options->skip_migrations ? "Migrations are skipped here: let their owner run them, or wait longer with --timeout." : "Use --migrate or --migrate-sql, or --skip-migrations --timeout=SECONDS to wait for somebody else.",
			sizeof(run->remedy));
	if (run->options->skip_migrations)
		return wait_round(run, code);

	log_error_hint(run->remedy, "%s", run->reason);
	*code = EXIT_NOT_AT_HEAD;
	return STEP_END;
}

/*
 * One round: connect if need be, look, and do what there is to do.
 */
static Step
one_round(Run *run, bool *probed, ExitCode *code)
{
	bool		may_migrate = !run->options->skip_migrations &&
		(run->options->migrate != NULL || run->options->migrate_sql != NULL);
	bool		at_head;
	Heads		heads;

	/* or the extension has been found to be gone */
	if (!run->session.plain && run->session.schema == NULL)
		*probed = false;
	if (run->session.conn == NULL &&
		!session_open(&run->session, run->options->conninfo, run->attempt_deadline))
		return handle_failure(run, code);

	/* later rounds ask with "try", which tells the same and may take the lock */
	if (!*probed || !may_migrate)
	{
		if (!session_is_at_head(&run->session, run->options, run->attempt_deadline, &at_head))
			return handle_failure(run, code);
		if (at_head)
			return STEP_READY;
		if (!may_migrate || run->options->known_heads.head)
		{
			if (!session_read_heads(&run->session, run->options, run->attempt_deadline, &heads) &&
				run->options->known_heads.head)
				return handle_failure(run, code);
			if (is_ahead(&heads))
				return handle_ahead(run, &heads, code);
		}
		*probed = true;
		if (!may_migrate)
			return wait_for_others(run, &heads, code);
		if (now_ms() >= run->deadline)
		{
			strlcpy(run->reason, "the database is not at head, and there is no time to migrate",
					sizeof(run->reason));
			*code = end_at_deadline(run);
			return STEP_END;
		}
	}
	return try_to_migrate(run, code);
}

/*
 * Until when the post steps may last.
 */
Millis
post_deadline(const Run *run)
{
	return run->options->timeout == 0 ? now_ms() + POST_STEPS_MS : run->deadline;
}

/*
 * Run the post steps, which are on every path.
 */
static ExitCode
run_post_steps(const Run *run)
{
	Millis		deadline = post_deadline(run);
	Command		command;
	CommandEnd	end;

	log_debug("running the post step");
	set_backstop(0);
	if (!command_start(&command, "post step", run->options->post, run->options, run->options->dbname))
		return EXIT_STEP_FAILED;
	if (watch(&command, NULL, deadline) != WATCH_ENDED)
	{
		command_stop(&command, stop_signal() ? GRACE_SIGNAL_MS : GRACE_DEADLINE_MS);
		if (stop_signal() == 0)
			log_error("deadline passed: the post step did not end in time and was stopped");
		return EXIT_DEADLINE;
	}
	if (!command_end(&command, &end) || !command_succeeded(&command, &end))
		return EXIT_STEP_FAILED;
	return EXIT_READY;
}

static ExitCode
bring_to_head(Run *run)
{
	ExitCode	code = EXIT_READY;
	bool		probed = false;
	Step		step;

	if (run->options->skip_migrations)
		log_event(LOG_AUDIT, NULL, NULL,
				  "migrations are skipped, their owner is another runner; this replica never takes the lock");
	do
		step = one_round(run, &probed, &code);
	while (step == STEP_AGAIN && stop_signal() == 0);
	progress_erase();

	return step == STEP_READY ? EXIT_READY : code;
}

/*
 * How the database came to be ready, for the line on stdout.
 */
static const char *
describe_way(const Run *run)
{
	if (run->options->skip_migrations)
		return "migrations skipped";
	if (run->ahead)
		return "ahead";
	return run->migrated ? "migrated" : "at head";
}

static void
become_command(char **command)
{
	int			code;

	restore_session_settings();
	stop_waiting();
	execvp(command[0], command);
	code = errno == ENOENT ? 127 : 126;
	log_error("could not execute \"%s\": %m", command[0]);
	exit(code);
}

/*
 * Until when an attempt may last that began before the deadline.
 */
Millis
attempt_deadline(const Options *options, Millis deadline)
{
	return deadline + (options->timeout == 0 ? ONE_ATTEMPT_MS : LAST_ATTEMPT_MS);
}

/*
 * Read the files of SQL that will be needed, before anything is done.
 */
static void
read_sql_files(Run *run)
{
	const Options *options = run->options;

	if (options->migrate_sql != NULL && !options->skip_migrations)
		read_sql_file(&run->migrate_sql, options->migrate_sql, option_source("--migrate-sql"));
	if (options->post_sql != NULL)
		read_sql_file(&run->post_sql, options->post_sql, option_source("--post-sql"));
}

ExitCode
run(const Options *options)
{
	Run			run = {.options = options, .start = now_ms()};
	ExitCode	code;
	int			signo;

	read_sql_files(&run);
	run.deadline = run.start + (Millis) options->timeout * 1000;
	run.reason_code = EXIT_DEADLINE;
	run.next_report = run.start + FIRST_REPORT_MS;
	run.report_interval = FIRST_REPORT_MS;
	run.attempt_deadline = attempt_deadline(options, run.deadline);
	run.session.report = report_no_answer;
	run.session.report_arg = &run;
	run.session.report_due = &run.next_report;
	set_backstop(run.attempt_deadline + BACKSTOP_MS);

	code = bring_to_head(&run);
	if (code == EXIT_READY && stop_signal() == 0 && options->post_sql != NULL)
		code = run_post_sql(&run);
	signo = take_stop_signal();
	session_close(&run.session);
	if (code == EXIT_READY && signo == 0 && options->post != NULL)
	{
		code = run_post_steps(&run);
		signo = take_stop_signal();
	}
	if (signo != 0)
		return EXIT_SIGNAL_BASE + signo;
	if (code != EXIT_READY)
		return code;

	printf("Database ready (%s) in %.3f s\n",
		   describe_way(&run), (now_ms() - run.start) / 1000.0);
	fflush(stdout);
	if (options->command != NULL)
		become_command(options->command);
	return EXIT_READY;
}
