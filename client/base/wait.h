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

extern Millis now_ms(void);

extern void start_waiting(void);
extern void stop_waiting(void);
extern Millis set_backstop(Millis when);
extern int	stop_signal(void);
extern int	take_stop_signal(void);
extern void begin_blocking_call(const char *doing);
extern void end_blocking_call(void);

extern bool wait_until(struct pollfd *fds, int nfds, Millis until);
extern bool wait_backoff(int round, Millis deadline);

#endif							/* WAIT_H */
