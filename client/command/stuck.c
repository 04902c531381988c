/*-------------------------------------------------------------------------
 *
 * stuck.c
 *		Name the process of a command that does not end.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "command/command.h"
#include "command/processes.h"

/*
 * The process at the end of the line of first children.
 */
static pid_t
last_descendant(pid_t pid)
{
	pid_t	   *children = children_of(pid);
	pid_t		first = *children;

	free(children);
	return first == 0 ? pid : last_descendant(first);
}

/*
 * A process for a message: "4711 (sleep, state D)".
 */
static char *
describe_process(pid_t pid)
{
	Process		process;

	if (!read_process(pid, &process))
		return psprintf("%d", (int) pid);
	return psprintf("%d (%s, state %c)", (int) pid, process.name, process.state);
}

void
tell_of_stuck(const Command *command)
{
	log_event(LOG_WARNING, NULL,
			  "It hangs in the kernel, or belongs to another user. The lock is kept until it has ended.",
			  "could not stop the %s: process %s did not end within %d ms of SIGKILL",
			  command->plan->name, describe_process(last_descendant(command->reaper)), STOP_MS);
}
