/*-------------------------------------------------------------------------
 *
 * watcher.h
 *		The processes between the client and a command.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WATCHER_H
#define WATCHER_H

#include "base/wait.h"

/* What the client writes to the watcher; closing the pipe means to kill. */
typedef struct Order
{
	enum
	{
		ORDER_TERMINATE,
		ORDER_GO_ON				/* the guard was alive at that time */
	} kind;
	Millis		at;
} Order;

/* What comes back when nothing of the command is left. */
typedef struct CommandEnd
{
	int			start_errno;	/* why it could not be started, or 0 */
	bool		not_executed;	/* that is what failed */
	int			wait_status;	/* of the command itself, as from waitpid() */
	int			leftovers;		/* processes that it had left behind */
	bool		watcher_killed;
	bool		client_silent;	/* so the watcher has killed the command */
} CommandEnd;

/* What to run, and what it finds. */
typedef struct CommandPlan
{
	const char *name;			/* "migration", "post step" or "command" */
	const char *source;			/* option or variable that it came from, or NULL */
	char	  **argv;
	const char *sessions;		/* name of its sessions */
	const char *database_url;	/* or NULL, for what is there already */
	const char *token;			/* of the guard, or NULL */
	const char *guard_name;		/* or NULL */
	Millis		patience;		/* it is killed without a sign for that long; or 0 */
	int			guard;			/* socket of the guard, if there is a patience */
	bool		own_streams;	/* it has our stdin and stdout */
} CommandPlan;

/* What the watcher is given. */
typedef struct Watched
{
	const CommandPlan *plan;
	pid_t		client;
	int			orders;			/* pipe of Order */
	int			report;			/* pipe of one CommandEnd */
} Watched;

extern void remember_arguments(int argc, char *argv[]);
extern void reap_command(const Watched *watched, int their_orders, int their_report);

#endif							/* WATCHER_H */
