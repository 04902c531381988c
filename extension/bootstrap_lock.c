/*-------------------------------------------------------------------------
 *
 * bootstrap_lock.c
 *		The advisory lock, as this backend takes and holds it.
 *
 * The key is an ordinary bigint advisory key, so that programs which use
 * pg_advisory_lock() on it are excluded too.  Such a program may have left
 * its session-level lock on the pooled backend that we now run on, where
 * LockAcquire() would grant ours at once: that is re-entry, not ownership.
 * So what counts is not that the backend holds the lock, but that
 * gw_bootstrap_try() took it in this transaction, which we remember.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "bootstrap_lock.h"
#include "compat.h"

/*
 * A key taken through gw_bootstrap_try().  It lives in the memory context of
 * the subtransaction that took it, so it goes when PostgreSQL releases the
 * lock: when that is rolled back, or when the transaction ends.
 */
typedef struct KeptKey
{
	dlist_node	node;
	int64		key;
	MemoryContextCallback forget;
} KeptKey;

static dlist_head kept_keys = DLIST_STATIC_INIT(kept_keys);

/*
 * The tag that pg_advisory_lock(bigint) uses: see SET_LOCKTAG_INT64 in
 * lockfuncs.c.
 */
void
set_bootstrap_locktag(LOCKTAG *tag, int64 key)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId,
						 (uint32) (key >> 32), (uint32) key, 1);
}

/*
 * True if gw_bootstrap_try() has taken the lock in this transaction, and it
 * was not given up by ROLLBACK TO SAVEPOINT since.
 */
bool
transaction_has_bootstrap_lock(int64 key)
{
	dlist_iter	iter;

	dlist_foreach(iter, &kept_keys)
	{
		if (dlist_container(KeptKey, node, iter.cur)->key == key)
			return true;
	}
	return false;
}

/*
 * Take the lock for the transaction if it can be had at once.
 */
TakeResult
take_bootstrap_lock(int64 key)
{
	LOCKTAG		tag;

	if (transaction_has_bootstrap_lock(key))
		return TAKE_AGAIN;

	/* A lock never conflicts with one that the same backend holds. */
	set_bootstrap_locktag(&tag, key);
	if (compat_lock_held_by_me(&tag, ShareLock))
		return TAKE_BUSY;
	switch (LockAcquire(&tag, ExclusiveLock, false, true))
	{
		case LOCKACQUIRE_OK:
			return TAKE_NEW;
		case LOCKACQUIRE_ALREADY_HELD:
		case LOCKACQUIRE_ALREADY_CLEAR:
			give_back_bootstrap_lock(key);
			break;
		case LOCKACQUIRE_NOT_AVAIL:
			break;
	}
	return TAKE_BUSY;
}

static void
forget_kept_key(void *arg)
{
	dlist_delete(&((KeptKey *) arg)->node);
}

/*
 * Remember that this transaction owns the lock just taken.
 */
void
keep_bootstrap_lock(int64 key)
{
	KeptKey    *kept = MemoryContextAllocZero(CurTransactionContext, sizeof(KeptKey));

	kept->key = key;
	kept->forget.func = forget_kept_key;
	kept->forget.arg = kept;
	dlist_push_tail(&kept_keys, &kept->node);
	MemoryContextRegisterResetCallback(CurTransactionContext, &kept->forget);
}

/*
 * Give back a lock just taken, without waiting for the transaction's end.
 */
void
give_back_bootstrap_lock(int64 key)
{
	LOCKTAG		tag;

	set_bootstrap_locktag(&tag, key);
	LockRelease(&tag, ExclusiveLock, false);
}

/*
 * Release the lock that this session holds, however often it does.  Returns
 * false if it holds none.
 */
bool
release_session_lock(int64 key)
{
	static const LOCKMODE modes[] = {ExclusiveLock, ShareLock};
	bool		released = false;
	LOCKTAG		tag;

	if (transaction_has_bootstrap_lock(key))
		return false;

	set_bootstrap_locktag(&tag, key);
	for (int i = 0; i < lengthof(modes); i++)
	{
		while (compat_lock_held_by_me(&tag, modes[i]) &&
			   LockRelease(&tag, modes[i], true))
			released = true;
	}
	return released;
}
