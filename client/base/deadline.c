/*-------------------------------------------------------------------------
 *
 * deadline.c
 *		Until when something may last.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/deadline.h"

/* An attempt that begins just before the deadline may end just after it. */
#define LAST_ATTEMPT_MS 300

/* With a timeout of 0 there is one attempt, which is not for ever either. */
#define ONE_ATTEMPT_MS 10000

/*
 * A deadline that the client keeps whatever happens.
 */
Deadline
set_deadline(Millis end, int timeout)
{
	Deadline	deadline = {
		.end = end,
		.attempt = end + (timeout == 0 ? ONE_ATTEMPT_MS : LAST_ATTEMPT_MS),
	};

	set_backstop(deadline.attempt + BACKSTOP_MS);
	return deadline;
}
