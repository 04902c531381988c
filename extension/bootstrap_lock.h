/*-------------------------------------------------------------------------
 *
 * bootstrap_lock.h
 *		The advisory lock, as this backend takes and holds it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_LOCK_H
#define GW_BOOTSTRAP_LOCK_H

#include "storage/lock.h"

typedef enum TakeResult
{
	TAKE_NEW,					/* this call has taken it */
	TAKE_AGAIN,					/* an earlier call of this transaction had */
	TAKE_BUSY					/* somebody else, or this session, has it */
} TakeResult;

extern void set_bootstrap_locktag(LOCKTAG *tag, int64 key);
extern TakeResult take_bootstrap_lock(int64 key);
extern void keep_bootstrap_lock(int64 key);
extern void give_back_bootstrap_lock(int64 key);
extern bool transaction_has_bootstrap_lock(int64 key);
extern bool transaction_gave_up_bootstrap_lock(int64 key);
extern bool holds_lock(const LOCKTAG *tag, LOCKMODE mode, bool session);
extern bool release_session_lock(int64 key);

#endif							/* GW_BOOTSTRAP_LOCK_H */
