/*-------------------------------------------------------------------------
 *
 * own_guard.h
 *		A client that waits for the guard under which it runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OWN_GUARD_H
#define OWN_GUARD_H

#include "rounds/rounds.h"

extern bool waits_for_own_guard(Run *run);

#endif							/* OWN_GUARD_H */
