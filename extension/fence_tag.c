/*-------------------------------------------------------------------------
 *
 * fence_tag.c
 *		The second tag of a key: who is at work under one of its guards.
 *
 * A fenced session that shows a token takes the tag in share mode, and then
 * looks whether the guard lives; gw_bootstrap_try() takes the key, then asks
 * for the tag exclusively, and then reads the heads.  Neither waits.  So one
 * of two sees the other, and a statement that a killed or paused replica left
 * running keeps the next one out until its end.
 *
 * No SQL function can take the tag: theirs have objsubid 1 and 2.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/resowner.h"

#include "bootstrap_lock.h"
#include "compat.h"
#include "fence_tag.h"
#include "pause.h"

#define FENCE_OBJSUBID 3

void
set_fence_locktag(LOCKTAG *tag, int64 key)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId,
						 (uint32) (key >> 32), (uint32) key, FENCE_OBJSUBID);
}

/*
 * True if no other session has the tag.  The caller holds the key, so none
 * that takes it from now on will find a guard of its own.
 */
bool
fence_tag_is_free(int64 key)
{
	LOCKTAG		tag;

	set_fence_locktag(&tag, key);
	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	LockRelease(&tag, ExclusiveLock, false);
	pause_for_test(PAUSE_TAG_FREE);

	return true;
}

/*
 * Take the tag if it can be had at once.  That of a transaction belongs to all
 * of it, not to a portal or a subtransaction.
 */
bool
take_fence_tag(int64 key, TagLevel level)
{
	ResourceOwner owner = CurrentResourceOwner;
	LockAcquireResult result;
	LOCKTAG		tag;

	set_fence_locktag(&tag, key);
	CurrentResourceOwner = TopTransactionResourceOwner;
	result = LockAcquire(&tag, ShareLock, level == TAG_OF_SESSION, true);
	CurrentResourceOwner = owner;

	return result != LOCKACQUIRE_NOT_AVAIL;
}

void
give_back_fence_tag(int64 key, TagLevel level)
{
	ResourceOwner owner = CurrentResourceOwner;
	LOCKTAG		tag;

	/* pg_advisory_unlock_all() and DISCARD ALL may have. */
	if (!has_fence_tag(key, level))
		return;

	set_fence_locktag(&tag, key);
	CurrentResourceOwner = TopTransactionResourceOwner;
	LockRelease(&tag, ShareLock, level == TAG_OF_SESSION);
	CurrentResourceOwner = owner;
}

/*
 * That of the session is had only within a statement that asks for that one,
 * so for the other a cheaper question will do.
 */
bool
has_fence_tag(int64 key, TagLevel level)
{
	LOCKTAG		tag;

	set_fence_locktag(&tag, key);
	if (level == TAG_OF_TRANSACTION)
		return compat_lock_held_by_me(&tag, ShareLock);

	return holds_lock(&tag, ShareLock, true);
}
