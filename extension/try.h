/*-------------------------------------------------------------------------
 *
 * try.h
 *		The atomic step: look, take the lock, and look again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_TRY_H
#define GW_BOOTSTRAP_TRY_H

#include "head_judge.h"
#include "holder.h"

extern const char *try_bootstrap(const HeadQuestion *question, int64 key, FoundHeads *found);
extern void find_obstacle(int64 key, Holder *holder);

#endif							/* GW_BOOTSTRAP_TRY_H */
