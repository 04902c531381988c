/*-------------------------------------------------------------------------
 *
 * try.h
 *		The atomic step: look, take the lock, and look again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_TRY_H
#define GW_BOOTSTRAP_TRY_H

#include "head_table.h"
#include "holder.h"

extern const char *try_bootstrap(text *table, const HeadQuestion *question, int64 key,
								 HeadReading *reading);
extern void find_obstacle(int64 key, Holder *holder);

#endif							/* GW_BOOTSTRAP_TRY_H */
