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
	char		text[4096];		/* of an array, or why there is none */
	char		unknown[256];	/* one that the migration set lacks, or empty */
	bool		cut;			/* there may be others */
} Heads;

extern void take_heads(Heads *heads, const Options *options, const char *array);
extern bool is_ahead(const Heads *heads);
extern ExitCode report_ahead(const Heads *heads, const Options *options);

#endif							/* AHEAD_H */
