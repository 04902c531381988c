/*-------------------------------------------------------------------------
 *
 * guarded.c
 *		"gw_bootstrap guard": run a command under a guard whatever the heads are.
 *
 * It is for what people do by hand: to repair a failed migration, to
 * downgrade, or a hotfix.  So the key is taken in plain SQL, since
 * gw_bootstrap_try() gives it back where there is nothing to migrate; nothing
 * is begun anew, since what a person has written may not bear that; and there
 * is no limit of time once the command has begun.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/wait.h>

#include "base/log.h"
#include "beside/second_connection.h"
#include "command/command.h"
#include "fence/fence.h"
#include "guarded/guarded.h"
#include "lock/plain/plain.h"
#include "lock/watch.h"
#include "orphans/orphan.h"
#include "own_guard/own_guard.h"
#include "progress/progress.h"
#include "run/run.h"

/* As a shell has it, and as "run" has it of the command that it becomes. */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/*
 * Say which heads there are now, while nobody else can change them.
 */
static void
show_heads(Run *run)
{
	const Options *options = run->options;
	Heads		heads;

	switch (plain_read_heads(&run->session, &options->target, true, now_ms() + PATIENCE_MS, &heads))
	{
		case READING_FAILED:
			log_warning("could not read the heads: %s", run->session.failure.message);
			break;
		case READING_LOCKED:
			log_warning("could not read the heads: table %s is locked", options->target.head_table);
			break;
		case READING_DONE:
			if (options->target.expected_heads.head)
				log_info("heads now: %s, wanted %s: %s", heads.text,
						 describe_expected(&options->target), head_outcome_names[heads.outcome]);
			else
				log_info("heads now: %s", heads.text);
	}
}

/*
 * What the end of the command is as an exit code.
 */
static ExitCode
code_of(const CommandEnd *end)
{
	if (end->start_errno == ENOENT && end->not_executed)
		return EXIT_NOT_FOUND;
	if (end->not_executed)
		return EXIT_NOT_EXECUTABLE;
	if (end->start_errno != 0 || end->watcher_killed)
		return EXIT_STEP_FAILED;
	return WIFSIGNALED(end->wait_status) ? EXIT_SIGNAL_BASE + WTERMSIG(end->wait_status) :
										   WEXITSTATUS(end->wait_status);
}

/*
 * The guard ended before the command had.
 */
static Step
end_unguarded(Run *run, ExitCode code)
{
	log_event(LOG_ERROR, run->session.failure.message,
			  "See how far it came before you run it again: somebody else may have migrated since.",
			  "lost the guard of the command, and with it the lock");
	if (code == EXIT_NOT_STOPPED)
		log_error("the command could not be stopped, and may go on");
	return end_with(run, code);
}

/*
 * The command has ended, or was ended by its watcher.
 */
static Step
take_end(Run *run, Command *command)
{
	CommandEnd	end;
	ExitCode	code;
	bool		proven;

	command_end(command, &end);
	if (end.client_silent)
	{
		set_failure(&run->session.failure, FAILURE_RETRY, NULL,
					"This client was stopped for some time, so its watcher has killed the"
					" command.");
		return end_unguarded(run, EXIT_STEP_FAILED);
	}
	command_succeeded(command, &end);
	code = code_of(&end);
	proven = code != EXIT_READY || run->fence->is_proven(run, NEVER);
	if (!guard_is_alive(&run->session, now_ms() + PATIENCE_MS))
		return end_unguarded(run, code == EXIT_READY ? EXIT_STEP_FAILED : code);
	if (!proven)
		code = EXIT_STEP_FAILED;
	show_heads(run);
	guard_end(&run->session, now_ms() + PATIENCE_MS);
	return code == EXIT_READY ? STEP_READY : end_with(run, code);
}

/*
 * A copy of the words, since the watcher writes its own name over ours.
 */
static char **
copy_words(char **words)
{
	int			count = 0;
	char	  **copy;

	while (words[count])
		count++;
	copy = pg_malloc0((count + 1) * sizeof(char *));
	for (int i = 0; i < count; i++)
		copy[i] = pg_strdup(words[i]);
	return copy;
}

static Step
run_command(Run *run)
{
	const Options *options = run->options;
	CommandPlan plan = {
		.name = "command",
		.argv = copy_words(options->command),
		.own_streams = true,
	};
	Command		command;
	Step		step;
	bool		stopped;

	if (!start_under_guard(run, &command, &plan, "running the command under the guard", &step))
		return step;
	set_backstop(0);
	switch (await_command(&command, &run->session, run->lookouts, NEVER))
	{
		case WATCH_ENDED:
			break;
		case WATCH_GUARD_LOST:
			stopped = stop_under_guard(run, &command, GRACE_LOST_MS);
			return end_unguarded(run, stopped ? EXIT_STEP_FAILED : EXIT_NOT_STOPPED);
		case WATCH_STOPPED:
			stop_under_guard(run, &command, GRACE_SIGNAL_MS);
			return end_with(run, EXIT_STEP_FAILED);
	}
	return take_end(run, &command);
}

/*
 * One attempt to get the key, and the command if that is had.
 */
static Step
guard_round(Run *run)
{
	TryResult	try;

	run->session.way = &plain_way;
	if (!session_be_idle(&run->session, run->options->conninfo, run->deadline.attempt))
		return handle_failure(run);
	try = plain_guard_take(&run->session, &run->options->target, run->deadline.attempt);
	if (try.outcome == OUTCOME_FAILED)
		return handle_failure(run);
	if (try.outcome == OUTCOME_BUSY)
		return handle_busy(run, &try);
	return run_command(run);
}

ExitCode
do_guard(const Options *options)
{
	Run			run = {.options = options};
	ExitCode	code;
	int			signo;

	take_orphans(&run);
	take_progress(&run);
	take_own_guard(&run);
	take_second_connection(&run);
	take_fence(&run);
	code = go_in_rounds(&run, guard_round);
	signo = take_stop_signal();
	session_close(&run.session);
	return signo != 0 ? EXIT_SIGNAL_BASE + signo : code;
}
