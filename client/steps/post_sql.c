/*-------------------------------------------------------------------------
 *
 * post_sql.c
 *		Idempotent steps in a file of SQL, run by every replica.
 *
 * They hold no lock, unless they take turns, so replicas may run them at the same time.  A deadlock
 * between them, or a lost connection, is a reason to run them again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "script/sql_script.h"
#include "sql/sql_steps.h"
#include "steps/steps.h"

static const SqlFile *post_steps;	/* NULL unless they are asked for */

static bool
begin_transaction(const Script *script, const Options *options)
{
	Session    *session = script->session;

	if (options->post_in_turn)
		return take_turn(session, options, &script->deadline);
	return session_be_idle(session, options->conninfo, script->deadline.attempt) &&
		session_do(session, sql_begin(session->conn), script->deadline.attempt);
}

static ScriptEnd
attempt(const Script *script, const Options *options)
{
	ScriptEnd	end;

	if (!begin_transaction(script, options))
		return stop_signal() != 0 || now_ms() >= script->deadline.end ? SCRIPT_STOPPED :
																		SCRIPT_LOST;
	end = script_run(script);
	return end == SCRIPT_DONE ? script_commit(script) : end;
}

static ExitCode
end_stopped(const Session *session)
{
	if (stop_signal() == 0)
		log_event(LOG_ERROR,
				  session->failure.kind == FAILURE_NONE ? NULL :
														  psprintf("The last error was: %s", session->failure.message),
				  NULL, "deadline passed: the post step did not end in time and was stopped");
	return EXIT_DEADLINE;
}

/*
 * Run --post-sql, until it has worked once.
 */
static ExitCode
run_post_sql(Run *run)
{
	Session    *session = &run->session;
	Script		script = {
		.name = "post step",
		.file = post_steps,
		.session = session,
		.deadline = set_deadline(post_deadline(run), run->options->timeout),
	};
	ScriptEnd	end;
	int			round = 0;

	log_debug("running the post step");
	for (;;)
	{
		end = attempt(&script, run->options);
		if (end != SCRIPT_LOST)
			break;
		session_close(session);
		if (session->failure.kind == FAILURE_FINAL)
		{
			log_failure(&session->failure);
			return session->failure.code;
		}
		log_warning("the post step was interrupted, starting over: %s", session->failure.message);
		if (!wait_backoff(round++, script.deadline.end))
			return end_stopped(session);
	}
	if (end == SCRIPT_STOPPED)
		return end_stopped(session);
	return end == SCRIPT_DONE ? EXIT_READY : EXIT_STEP_FAILED;
}

void
take_post_sql(Run *run)
{
	const char *path = run->options->post_sql;

	if (path == NULL)
		return;
	post_steps = read_sql_file(path, option_source("--post-sql"));
	ADD_PART(run->post, run_post_sql);
}
