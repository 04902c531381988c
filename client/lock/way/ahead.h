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
#include "server/session.h"

/* What stands for the heads in messages if the server said NULL. */
#define NO_HEADS "no readable head table"

/*
 * All of them are the text of an array.  Of a long one messages tell the
 * beginning; what is whole belongs to the session, until its next look.
 */
typedef struct Heads
{
	HeadOutcome outcome;
	char		text[4096];		/* or why there are none */
	const char *all;			/* NULL if there are none */
	const char *failed;			/* those of rows that say so */
} Heads;

extern void take_heads(Session *session, Heads *heads, HeadOutcome outcome, const char *array,
					   const char *failed);
extern void take_no_heads(Session *session, Heads *heads);
extern bool needs_outcome(const Target *target);
extern bool is_ahead(const Heads *heads);
extern char *describe_ahead(const Heads *heads, const Options *options);
extern ExitCode report_ahead(const Heads *heads, const Options *options);

#endif							/* AHEAD_H */
