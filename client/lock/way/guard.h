/*-------------------------------------------------------------------------
 *
 * guard.h
 *		The transaction that holds the lock while a command migrates.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GUARD_H
#define GUARD_H

#include "lock/way/way.h"

/* The time between two heartbeats. */
#define HEARTBEAT_MS 3000

/* How long a guard may be silent, and how long then who watches it. */
#define PATIENCE_MS (2 * HEARTBEAT_MS)
#define SILENCE_MS (PATIENCE_MS + 1000)

extern TryResult guard_ask_again(Session *session, const Options *options, Millis deadline);
extern bool guard_is_alive(Session *session, Millis deadline);
extern bool guard_end(Session *session, Millis deadline);

#endif							/* GUARD_H */
