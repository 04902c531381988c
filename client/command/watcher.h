/*-------------------------------------------------------------------------
 *
 * watcher.h
 *		The process between the client and a command.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WATCHER_H
#define WATCHER_H

/* What the client writes to the watcher; closing the pipe means WATCHER_KILL. */
#define WATCHER_TERMINATE 'T'
#define WATCHER_KILL 'K'

/* What the watcher writes when nothing of the command is left. */
typedef struct CommandEnd
{
	int			wait_status;	/* of the command itself, as from waitpid() */
	int			leftovers;		/* processes that it had left behind */
} CommandEnd;

extern void kill_children(void);
extern void watch_command(const char *shell_command, int control, int report);

#endif							/* WATCHER_H */
