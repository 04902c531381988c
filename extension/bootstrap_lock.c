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
#include "utils/resowner.h"

#include "bootstrap_lock.h"
#include "compat.h"
#include "fence_tag.h"

/*
 * A key taken through gw_bootstrap_try().  It stays known until the end of
 * the transaction, so that whoever gave it up by ROLLBACK TO SAVEPOINT gets no
 * second one: that would be another guard, and could not be told from the
 * first by the transaction that it names.
 */
typedef struct KeptKey
{
	dlist_node	node;
	int64		key;
	bool		given_up;
	MemoryContextCallback forget;	/* with the transaction */
	MemoryContextCallback give_up;	/* with the subtransaction that took it */
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
 * Take a lock for the current subtransaction, if it can be had at once.  While
 * a query runs, CurrentResourceOwner is its portal's, which may be older than
 * the subtransaction or end before it.
 */
static LockAcquireResult
acquire_for_transaction(const LOCKTAG *tag, LOCKMODE mode)
{
	ResourceOwner portal = CurrentResourceOwner;
	LockAcquireResult result;

	CurrentResourceOwner = CurTransactionResourceOwner;
	result = LockAcquire(tag, mode, false, true);
	CurrentResourceOwner = portal;

	return result;
}

static void
release_for_transaction(const LOCKTAG *tag, LOCKMODE mode)
{
	ResourceOwner portal = CurrentResourceOwner;

	CurrentResourceOwner = CurTransactionResourceOwner;
	LockRelease(tag, mode, false);
	CurrentResourceOwner = portal;
}

/*
 * Whether this backend holds a lock at session level, or else in its
 * transaction.  The lock manager shows only to those who take it, so take it
 * once more, which cannot fail.
 */
bool
holds_lock(const LOCKTAG *tag, LOCKMODE mode, bool session)
{
	LOCALLOCK  *lock;
	bool		found = false;

	if (!compat_lock_held_by_me(tag, mode))
		return false;

	(void) compat_lock_acquire(tag, mode, true, &lock);
	for (int i = 0; i < lock->numLockOwners; i++)
	{
		bool		is_session = lock->lockOwners[i].owner == NULL;

		found |= is_session == session && lock->lockOwners[i].nLocks > (is_session ? 1 : 0);
	}
	LockRelease(tag, mode, true);

	return found;
}

static KeptKey *
find_kept_key(int64 key)
{
	dlist_iter	iter;

	dlist_foreach(iter, &kept_keys)
	{
		KeptKey    *kept = dlist_container(KeptKey, node, iter.cur);

		if (kept->key == key)
			return kept;
	}
	return NULL;
}

/*
 * True if gw_bootstrap_try() has taken the lock in this transaction, and it
 * was not given up by ROLLBACK TO SAVEPOINT since.
 */
bool
transaction_has_bootstrap_lock(int64 key)
{
	KeptKey    *kept = find_kept_key(key);
	LOCKTAG		tag;

	set_bootstrap_locktag(&tag, key);

	return kept != NULL && !kept->given_up &&
		compat_lock_held_by_me(&tag, ExclusiveLock);
}

/*
 * True if the lock was, and so cannot be had again before the transaction ends.
 */
bool
transaction_gave_up_bootstrap_lock(int64 key)
{
	KeptKey    *kept = find_kept_key(key);

	return kept != NULL && kept->given_up;
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
	if (find_kept_key(key))
		return TAKE_BUSY;

	/* A lock never conflicts with one that the same backend holds. */
	set_bootstrap_locktag(&tag, key);
	if (compat_lock_held_by_me(&tag, ShareLock))
		return TAKE_BUSY;
	switch (acquire_for_transaction(&tag, ExclusiveLock))
	{
		case LOCKACQUIRE_OK:
			/* Somebody may still be at work under an earlier guard. */
			if (fence_tag_is_free(key))
				return TAKE_NEW;
			give_back_bootstrap_lock(key);
			break;
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

static void
give_up_kept_key(void *arg)
{
	((KeptKey *) arg)->given_up = true;
}

/*
 * Remember that this transaction owns the lock just taken.  The memory of a
 * subtransaction goes when PostgreSQL releases its locks, before that of the
 * transaction itself.
 */
void
keep_bootstrap_lock(int64 key)
{
	KeptKey    *kept = MemoryContextAllocZero(TopTransactionContext, sizeof(KeptKey));

	kept->key = key;
	kept->forget.func = forget_kept_key;
	kept->forget.arg = kept;
	kept->give_up.func = give_up_kept_key;
	kept->give_up.arg = kept;
	dlist_push_tail(&kept_keys, &kept->node);
	MemoryContextRegisterResetCallback(TopTransactionContext, &kept->forget);
	MemoryContextRegisterResetCallback(CurTransactionContext, &kept->give_up);
}

/*
 * Give back a lock just taken, without waiting for the transaction's end.
 */
void
give_back_bootstrap_lock(int64 key)
{
	LOCKTAG		tag;

	set_bootstrap_locktag(&tag, key);
	release_for_transaction(&tag, ExclusiveLock);
}

/*
 * Release the lock that this session holds, however often it does, but not
 * what its transaction has.  Returns false if it holds none.
 */
bool
release_session_lock(int64 key)
{
	static const LOCKMODE modes[] = {ExclusiveLock, ShareLock};
	bool		released = false;
	LOCKTAG		tag;

	set_bootstrap_locktag(&tag, key);
	for (int i = 0; i < lengthof(modes); i++)
	{
		while (holds_lock(&tag, modes[i], true) &&
			   LockRelease(&tag, modes[i], true))
			released = true;
	}
	return released;
}
