/*-------------------------------------------------------------------------
 *
 * rounds.c
 *		Go in rounds until one of them is the last, and stop a command on the way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "rounds/rounds.h"

ExitCode
go_in_rounds(Run *run, Step (*round)(Run *run))
{
	Step		step;

	run->start = now_ms();
	run->deadline = set_deadline(run->start + (Millis) run->options->timeout * 1000,
								 run->options->timeout);
	do
	{
		run->round_begun = now_ms();
		step = round(run);
	} while (step == STEP_AGAIN && stop_signal() == 0);
	log_erase();

	return step == STEP_READY ? EXIT_READY : run->code;
}

/*
 * Stop the command, since the guard is lost, the deadline has passed, or a
 * signal came.  If it cannot be stopped the guard is left to its watcher, who
 * keeps the connection until nothing of the command is left.
 */
bool
stop_under_guard(Run *run, Command *command, int grace)
{
	const char *name = command->plan->name;
	bool		stopped = command_stop(command, grace, run->deadline.end);

	if (!stopped)
		run->session.conn = NULL;
	if (stopped)
		set_reason(&run->reason, EXIT_DEADLINE, NULL,
				   "the %s did not end in time and was stopped", name);
	else
		set_reason(&run->reason, EXIT_NOT_STOPPED, NULL,
				   "the %s could not be stopped, and may go on", name);
	return stopped;
}
