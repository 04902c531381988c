/*-------------------------------------------------------------------------
 *
 * command.h
 *		A command that runs under a watcher.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "command/watcher.h"
#include "options/options.h"

/* What the command that migrates is called. */
#define MIGRATION "migration"

typedef struct Command
{
	const CommandPlan *plan;
	pid_t		reaper;
	pid_t	   *not_ours;		/* children that we had before */
	int			orders;			/* to the watcher */
	int			report;			/* one CommandEnd */
} Command;

/* Where it finds the token of the guard, if its role is fenced. */
#define TOKEN_VARIABLE "GW_BOOTSTRAP_TOKEN"

/* Where another client finds under which guards it runs: their names, the innermost last. */
#define GUARD_VARIABLE "GW_BOOTSTRAP_GUARD"

/* How long it may take until killed processes are gone. */
#define STOP_MS 2000

/* command.c */
extern bool command_start(Command *command, const CommandPlan *plan);
extern void command_go_on(Command *command, Millis guard_alive_at);
extern void command_end(Command *command, CommandEnd *end);
extern bool command_stop(Command *command, int grace, Millis deadline);
extern bool command_succeeded(const Command *command, const CommandEnd *end);

/* stuck.c */
extern void tell_of_stuck(const Command *command);

#endif							/* COMMAND_H */
