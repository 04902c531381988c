/*-------------------------------------------------------------------------
 *
 * exit_code.h
 *		What the exit status of the client means.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXIT_CODE_H
#define EXIT_CODE_H

typedef enum ExitCode
{
	EXIT_READY = 0,
	EXIT_STEP_FAILED = 1,		/* a migration or post step failed */
	EXIT_USAGE = 2,
	EXIT_DEADLINE = 3,
	EXIT_REFUSED = 4,			/* the database refused or lacks something */
	EXIT_NOT_AT_HEAD = 5,
	EXIT_AHEAD = 6,				/* at a revision that this replica lacks */
	EXIT_FAILED_MIGRATION = 7,	/* at a migration that its tool calls failed */
	EXIT_NOT_STOPPED = 8,		/* deadline, and a command is still there */
	EXIT_SIGNAL_BASE = 128		/* plus the signal that stopped the client */
} ExitCode;

#endif							/* EXIT_CODE_H */
