/*-------------------------------------------------------------------------
 *
 * own_guard.h
 *		Who waits for the guard under which it runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OWN_GUARD_H
#define OWN_GUARD_H

#include "rounds/rounds.h"

/* deadlock.c */
extern void look_for_deadlock(Run *run);

/* own_guard.c */
extern void take_own_guard(Run *run);

#endif							/* OWN_GUARD_H */
