/*-------------------------------------------------------------------------
 *
 * wait.h
 *		Wait for something to happen, never for ever.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WAIT_H
#define WAIT_H

#include <poll.h>

/* Milliseconds of a clock that never jumps, and goes on while the machine is suspended. */
typedef int64 Millis;

/* How long after the last attempt the client ends, whatever it is doing. */
#define BACKSTOP_MS 600

typedef struct Deadline
{
	Millis		end;			/* nothing is begun after that */
	Millis		attempt;		/* an attempt that was begun before may last until then */
} Deadline;

extern Millis now_ms(void);

extern void start_waiting(void);
extern void stop_waiting(void);
extern Millis set_backstop(Millis when);
extern Deadline set_deadline(Millis end, int timeout);
extern int	stop_signal(void);
extern int	take_stop_signal(void);
extern void begin_blocking_call(const char *doing);
extern void end_blocking_call(void);

extern bool wait_until(struct pollfd *fds, int nfds, Millis until);
extern bool wait_backoff(int round, Millis deadline);

#endif							/* WAIT_H */
