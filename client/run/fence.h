/*-------------------------------------------------------------------------
 *
 * fence.h
 *		Whether the server refuses what a migration writes without its guard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FENCE_H
#define FENCE_H

#include "run/round.h"

extern bool ask_for_fence(Run *run, Session *other, Millis until);
extern bool take_token(Run *run, char **token, Step *step);

#endif							/* FENCE_H */
