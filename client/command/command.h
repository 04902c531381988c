/*-------------------------------------------------------------------------
 *
 * command.h
 *		A shell command that runs under a watcher.
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
	const char *name;			/* "migration" or "post step" */
	pid_t		watcher;
	int			control;		/* orders to the watcher */
	int			report;			/* one CommandEnd from the watcher */
} Command;

extern bool command_start(Command *command, const char *name, const char *shell_command,
						  const Options *options, const char *database_url);
extern bool command_end(Command *command, CommandEnd *end);
extern void command_stop(Command *command, int grace);
extern bool command_succeeded(const Command *command, const CommandEnd *end);

#endif							/* COMMAND_H */
