/*-------------------------------------------------------------------------
 *
 * deadline.h
 *		Until when something may last.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include "base/wait.h"

/* How long after the last attempt the client ends, whatever it is doing. */
#define BACKSTOP_MS 600

typedef struct Deadline
{
	Millis		end;			/* nothing is begun after that */
	Millis		attempt;		/* an attempt that was begun before may last until then */
} Deadline;

extern Deadline set_deadline(Millis end, int timeout);

#endif							/* DEADLINE_H */
