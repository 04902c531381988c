/*-------------------------------------------------------------------------
 *
 * ahead.h
 *		The heads that were found, and whether they are ahead of this replica.
 *
 *-------------------------------------------------------------------------
 */
#ifndef AHEAD_H
#define AHEAD_H

#include "base/exit_code.h"
#include "options/options.h"

/* What stands for the heads in messages if the server said NULL. */
#define NO_HEADS "no readable head table"

typedef struct Heads
{
	HeadOutcome outcome;
	char		text[4096];		/* of an array, or why there is none */
	char		failed[1024];	/* those of rows that say so, likewise */
} Heads;

extern void take_heads(Heads *heads, HeadOutcome outcome, const char *array, const char *failed);
extern bool needs_outcome(const Options *options);
extern bool is_ahead(const Heads *heads);
extern char *describe_ahead(const Heads *heads, const Options *options);
extern ExitCode report_ahead(const Heads *heads, const Options *options);

#endif							/* AHEAD_H */
