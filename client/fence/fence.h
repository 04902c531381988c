/*-------------------------------------------------------------------------
 *
 * fence.h
 *		What follows from a fence for a migration, and from there being none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FENCE_H
#define FENCE_H

#include "lock/fence/fence.h"
#include "rounds/rounds.h"

extern bool refuse_wrong_fence(const Options *options, const Fence *fence);
extern void take_fence(Run *run);

#endif							/* FENCE_H */
