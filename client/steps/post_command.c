/*-------------------------------------------------------------------------
 *
 * post_command.c
 *		An idempotent command that every replica runs once the database is ready.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "command/environment.h"
#include "lock/watch.h"
#include "steps/steps.h"

/*
 * Wait until it ends, which nobody else has to know.
 */
static WatchResult
await_unguarded(const Command *command, Millis deadline)
{
	struct pollfd fd = {.fd = command->report, .events = POLLIN};

	while (!wait_until(&fd, 1, deadline))
	{
		if (stop_signal() != 0 || now_ms() >= deadline)
			return WATCH_STOPPED;
	}
	return WATCH_ENDED;
}

/*
 * Run it once.  In its turn it is watched as a migration is: once its lock is
 * lost another replica may run the same.  "lost" then says to start over.
 */
static ExitCode
attempt(Run *run, const CommandPlan *plan, const Deadline *deadline, bool *lost)
{
	Session    *turn = run->options->post_in_turn ? &run->session : NULL;
	Command		command;
	CommandEnd	end;
	WatchResult result;

	if (!command_start(&command, plan))
		return EXIT_STEP_FAILED;
	result = turn ? await_command(&command, turn, (Lookout *const[]) {NULL}, deadline->end) :
					await_unguarded(&command, deadline->end);
	if (result != WATCH_ENDED)
	{
		int			grace = stop_signal() ? GRACE_SIGNAL_MS : GRACE_DEADLINE_MS;
		bool		stopped = command_stop(&command, grace, deadline->end);

		*lost = result == WATCH_GUARD_LOST && stopped && stop_signal() == 0;
		if (stop_signal() == 0 && !*lost)
			log_error_hint(turn ? "The client held one connection beside those of the command, for its"
								  " turn: a pool of one is too small. --post-sql needs no other." :
								  NULL,
						   "deadline passed: the post step did not end in time and %s",
						   stopped ? "was stopped" : "could not be stopped");
		return stopped ? EXIT_DEADLINE : EXIT_NOT_STOPPED;
	}
	command_end(&command, &end);
	*lost = end.client_silent;
	if (*lost)
		return EXIT_DEADLINE;
	return command_succeeded(&command, &end) ? EXIT_READY : EXIT_STEP_FAILED;
}

/*
 * Wait for the turn, if turns are taken.  Returns false, and the exit code, if
 * it cannot be had.
 */
static bool
begin_turn(Run *run, const Deadline *deadline, ExitCode *code)
{
	Session    *session = &run->session;
	const Failure *failure = &session->failure;

	if (!run->options->post_in_turn)
		return true;
	for (int round = 0; !take_turn(session, run->options, deadline); round++)
	{
		session_close(session);
		if (failure->kind == FAILURE_FINAL)
		{
			log_failure(failure);
			*code = EXIT_REFUSED;
			return false;
		}
		if (!wait_backoff(round, deadline->end))
		{
			if (stop_signal() == 0)
				log_error("deadline passed: the post step was not run: %s", failure->message);
			*code = EXIT_DEADLINE;
			return false;
		}
	}
	return true;
}

/*
 * Run --post.
 */
static ExitCode
run_post_command(Run *run)
{
	const Options *options = run->options;
	CommandPlan plan = {
		.name = "post step",
		.source = option_source("--post"),
		.argv = options->post_words,
		.sessions = command_application_name("post step", &options->target),
		.database_url = options->dbname,
		.patience = options->post_in_turn ? SILENCE_MS : 0,
	};
	Deadline	deadline = set_deadline(post_deadline(run), options->timeout);
	ExitCode	code;
	bool		lost;

	session_close(&run->session);
	do
	{
		lost = false;
		if (!begin_turn(run, &deadline, &code))
			return code;
		log_debug("running the post step");
		set_backstop(0);
		code = attempt(run, &plan, &deadline, &lost);
		if (lost)
			log_warning("the post step has lost its turn, and is started over: %s",
						run->session.failure.message);
	} while (lost);
	if (options->post_in_turn)
		guard_end(&run->session, deadline.attempt);
	session_close(&run->session);
	return code;
}

void
take_post_command(Run *run)
{
	if (run->options->post != NULL)
		ADD_PART(run->post, run_post_command);
}
