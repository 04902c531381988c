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

#include "command.h"
#include "common/logging.h"
#include "environment.h"
#include "guard.h"
#include "run.h"
#include "session.h"
#include "sql.h"
#include "wait.h"

/* An attempt that begins just before the deadline may end just after it. */
#define LAST_ATTEMPT_MS			300

/* With a timeout of 0 there is one attempt, which is not for ever either. */
#define ONE_ATTEMPT_MS 10000
#define POST_STEPS_MS 600000

/* How long a second connection beside the guard may take. */
#define SECOND_CONNECTION_MS 5000

/* How long a command has between SIGTERM and SIGKILL. */
#define GRACE_SIGNAL_MS 5000
#define GRACE_LOST_MS 1000		/* somebody else may be migrating */
#define GRACE_DEADLINE_MS 500

/* Waiting is reported after 2 s, then at growing intervals. */
#define FIRST_REPORT_MS 2000
#define LAST_REPORT_MS 30000

typedef struct Run
{
	const Options *options;
	Session		session;
	Millis		start;
	Millis		deadline;		/* for reaching head */
	Millis		attempt_deadline;	/* for what is under way by then */
	int			round;			/* of waiting */
	Millis		next_report;
	Millis		report_interval;
	bool		migrated;		/* by us */
	char		reason[600];	/* why we are waiting */
	char		remedy[200];	/* or empty */
} Run;

/* What a step says: go on asking, or end with this. */
typedef enum Step
{
	STEP_AGAIN,
	STEP_READY,
	STEP_END
} Step;

/*
 * Remember why we wait, and say so from time to time.
 */
static void
report_waiting(Run *run)
{
	Millis		now = now_ms();

	if (now < run->next_report)
		return;
	pg_log_info("waiting for %.0f s: %s", (now - run->start) / 1000.0, run->reason);
	if (run->remedy[0])
		pg_log_info_hint("%s", run->remedy);
	run->next_report = now + run->report_interval;
	run->report_interval = Min(run->report_interval * 2, LAST_REPORT_MS);
}

static ExitCode
end_at_deadline(const Run *run)
{
	pg_log_error("deadline of %d s passed: %s", run->options->timeout, run->reason);
	if (run->remedy[0])
		pg_log_error_hint("%s", run->remedy);
	return EXIT_DEADLINE;
}

/*
 * Wait a little before the next round.
 */
static Step
wait_round(Run *run, ExitCode *code)
{
	report_waiting(run);
	if (wait_backoff(run->round++, run->deadline) || stop_signal() != 0)
		return STEP_AGAIN;
	*code = end_at_deadline(run);
	return STEP_END;
}

/*
 * Handle the failure of the session: start over if that can help.
 */
static Step
handle_failure(Run *run, ExitCode *code)
{
	const Failure *failure = &run->session.failure;

	session_close(&run->session);
	if (stop_signal() != 0)
		return STEP_AGAIN;
	if (failure->kind == FAILURE_FINAL)
	{
		log_failure(failure);
		*code = EXIT_REFUSED;
		return STEP_END;
	}
	strlcpy(run->reason, failure->message, sizeof(run->reason));
	strlcpy(run->remedy, failure->hint, sizeof(run->remedy));
	return wait_round(run, code);
}

static const char *
describe_expected(const Options *options)
{
	static char text[256];

	strlcpy(text, "{", sizeof(text));
	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
	{
		strlcat(text, cell->val, sizeof(text));
		strlcat(text, cell->next ? "," : "}", sizeof(text));
	}
	return text;
}

/*
 * Somebody else has the lock.
 */
static Step
handle_busy(Run *run, const TryResult *try, ExitCode *code)
{
	const Options *options = run->options;

	run->remedy[0] = '\0';
	if (try->holder_state[0] == '\0')
		snprintf(run->reason, sizeof(run->reason),
				 "the head table is locked, or the lock has just been released; heads %s, wanted %s",
				 try->current_heads, describe_expected(options));
	else
		snprintf(run->reason, sizeof(run->reason),
				 "lock " INT64_FORMAT " is held by %s%s (%s); heads %s, wanted %s",
				 options->lock_key, try->holder_pid[0] ? "backend " : "a prepared transaction",
				 try->holder_pid, try->holder_state, try->current_heads, describe_expected(options));
	if (strcmp(try->holder_state, "orphaned") == 0)
		snprintf(run->remedy, sizeof(run->remedy),
				 "If no older replica is migrating any more, run SELECT gw_bootstrap_break_orphan(" INT64_FORMAT ").",
				 options->lock_key);
	else if (strcmp(try->holder_state, "prepared") == 0)
		strlcpy(run->remedy, "See pg_prepared_xacts; COMMIT PREPARED or ROLLBACK PREPARED ends it.",
				sizeof(run->remedy));
	if (!guard_end(&run->session, run->attempt_deadline))
		return handle_failure(run, code);

	return wait_round(run, code);
}

/*
 * A migration command needs a connection of its own while the guard holds
 * one: a pool of one would leave both waiting for each other.
 */
static bool
second_connection_works(Run *run)
{
	Millis		until = Min(run->deadline, now_ms() + SECOND_CONNECTION_MS);
	Session		other = {0};
	int			round = 0;
	bool		works;

	do
	{
		PGresult   *result = NULL;

		if (session_open(&other, run->options, until))
			result = session_query(&other, sql_heartbeat(), until);
		works = result != NULL;
		PQclear(result);
		session_close(&other);
	} while (!works && wait_backoff(round++, until));

	if (!works && stop_signal() == 0)
	{
		pg_log_error("no second connection to the database within %d s while the guard holds one",
					 SECOND_CONNECTION_MS / 1000);
		pg_log_error_detail("The migration command would wait for the guard, and the guard for the command. The last error was: %s",
							other.failure.message);
		pg_log_error_hint("Use a larger pool, or connect past the pooler with -d.");
	}
	return works;
}

/*
 * The command has ended: believe the head table, not its exit status.
 */
static Step
verify_migration(Run *run, ExitCode *code)
{
	TryResult	try = guard_ask_again(&run->session, run->options, run->deadline);

	switch (try.outcome)
	{
		case OUTCOME_AT_HEAD:
			guard_end(&run->session, run->deadline);
			return STEP_READY;
		case OUTCOME_FAILED:
			pg_log_warning("lost the guard after the migration: %s", run->session.failure.message);
			return handle_failure(run, code);
		default:
			pg_log_error("the migration succeeded, but the database is not at head");
			pg_log_error_detail("Heads are %s, wanted are %s.", try.current_heads,
								describe_expected(run->options));
			pg_log_error_hint("Check that the command migrates this database, and that --expect-head names the heads of its migrations.");
			*code = EXIT_STEP_FAILED;
			return STEP_END;
	}
}

/*
 * We have the lock: migrate under its guard.
 */
static Step
migrate(Run *run, ExitCode *code)
{
	Command		command;
	CommandEnd	end;

	*code = EXIT_REFUSED;
	if (!second_connection_works(run))
		return stop_signal() ? STEP_AGAIN : STEP_END;

	pg_log_info("migrating");
	*code = EXIT_STEP_FAILED;
	if (!command_start(&command, "migration", run->options->migrate, run->options))
		return STEP_END;
	switch (watch(&command, &run->session, run->deadline))
	{
		case WATCH_ENDED:
			break;
		case WATCH_GUARD_LOST:
			pg_log_warning("lost the guard, and with it the lock, during the migration");
			command_stop(&command, GRACE_LOST_MS);
			session_close(&run->session);
			strlcpy(run->reason, "lost the guard during the migration", sizeof(run->reason));
			return wait_round(run, code);
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
		pg_log_error("the watcher of the migration was killed");
		return STEP_END;
	}
	if (!command_succeeded(&command, &end))
		return STEP_END;
	run->migrated = true;
	return verify_migration(run, code);
}

static Step
try_to_migrate(Run *run, ExitCode *code)
{
	TryResult	try = guard_open(&run->session, run->options, run->attempt_deadline);

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
	return migrate(run, code);
}

/*
 * The database is not at head, and we are not to change that.
 */
static Step
wait_for_others(Run *run, ExitCode *code)
{
	char	   *heads = session_current_heads(&run->session, run->options, run->attempt_deadline);

	snprintf(run->reason, sizeof(run->reason), "the database is not at head; heads %s, wanted %s",
			 heads, describe_expected(run->options));
	free(heads);
	report_waiting(run);
	if (run->options->skip_migrations)
	{
		if (wait_backoff(run->round++, run->deadline) || stop_signal() != 0)
			return STEP_AGAIN;
		pg_log_error("%s", run->reason);
		pg_log_error_hint("Migrations are skipped here: let their owner run them, or wait longer with --timeout.");
	}
	else
	{
		pg_log_error("%s", run->reason);
		pg_log_error_hint("Use --migrate=COMMAND, or --skip-migrations --timeout=SECONDS to wait for somebody else.");
	}
	*code = EXIT_NOT_AT_HEAD;
	return STEP_END;
}

/*
 * One round: connect if need be, look, and do what there is to do.
 */
static Step
one_round(Run *run, bool *probed, ExitCode *code)
{
	bool		may_migrate = run->options->migrate != NULL && !run->options->skip_migrations;
	bool		at_head;

	if (run->session.conn == NULL &&
		!session_open(&run->session, run->options, run->attempt_deadline))
		return handle_failure(run, code);

	/* later rounds ask with "try", which tells the same and may take the lock */
	if (!*probed || !may_migrate)
	{
		if (!session_is_at_head(&run->session, run->options, run->attempt_deadline, &at_head))
			return handle_failure(run, code);
		if (at_head)
			return STEP_READY;
		*probed = true;
		if (!may_migrate)
			return wait_for_others(run, code);
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
 * Run the post steps, which are on every path.
 */
static ExitCode
run_post_steps(const Run *run)
{
	Millis		deadline = run->options->timeout == 0 ?
		now_ms() + POST_STEPS_MS :
		run->deadline;
	Command		command;
	CommandEnd	end;

	pg_log_debug("running the post step");
	set_backstop(0);
	if (!command_start(&command, "post step", run->options->post, run->options))
		return EXIT_STEP_FAILED;
	if (watch(&command, NULL, deadline) != WATCH_ENDED)
	{
		command_stop(&command, stop_signal() ? GRACE_SIGNAL_MS : GRACE_DEADLINE_MS);
		if (stop_signal() == 0)
			pg_log_error("deadline passed: the post step did not end in time and was stopped");
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
		fputs("gw_bootstrap: audit: migrations are skipped, their owner is another runner; this replica never takes the lock\n", stderr);
	do
		step = one_round(run, &probed, &code);
	while (step == STEP_AGAIN && stop_signal() == 0);

	return step == STEP_READY ? EXIT_READY : code;
}

static void
become_command(char **command)
{
	int			code;

	restore_session_settings();
	stop_waiting();
	execvp(command[0], command);
	code = errno == ENOENT ? 127 : 126;
	pg_log_error("could not execute \"%s\": %m", command[0]);
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

ExitCode
run(const Options *options)
{
	Run			run = {.options = options, .start = now_ms()};
	ExitCode	code;
	int			signo;

	run.deadline = run.start + (Millis) options->timeout * 1000;
	run.next_report = run.start + FIRST_REPORT_MS;
	run.report_interval = FIRST_REPORT_MS;
	run.attempt_deadline = attempt_deadline(options, run.deadline);
	set_backstop(run.attempt_deadline + BACKSTOP_MS);

	code = bring_to_head(&run);
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
		   options->skip_migrations ? "migrations skipped" : run.migrated ? "migrated" :
																			"at head",
		   (now_ms() - run.start) / 1000.0);
	fflush(stdout);
	if (options->command != NULL)
		become_command(options->command);
	return EXIT_READY;
}
