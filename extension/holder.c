/*-------------------------------------------------------------------------
 *
 * holder.c
 *		Who holds the advisory lock.
 *
 * A transaction-level lock is released before its backend reports itself
 * idle, so a backend that was idle before and after we saw it hold the lock,
 * without a change of state in between, holds it at session level and will
 * keep it: an orphan, or somebody who means to.  A look at the lock table
 * alone could not tell, since a transaction that commits is no longer shown
 * as running shortly before it releases its locks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/fmgrprotos.h"

#include "bootstrap_lock.h"
#include "compat.h"
#include "fence_tag.h"
#include "holder.h"

/*
 * Copy a backend's status as it is now: the copy that pg_stat_activity works
 * on is kept until the transaction ends, which may be long.
 */
static PgBackendStatus *
get_backend_status(int pid, int *backend_id)
{
	compat_forget_backend_status();
	for (int i = 1; i <= pgstat_fetch_stat_numbackends(); i++)
	{
		LocalPgBackendStatus *local = compat_local_beentry(i);

		if (local != NULL && local->backendStatus.st_procpid == pid)
		{
			*backend_id = compat_backend_id(local, i);
			return &local->backendStatus;
		}
	}
	return NULL;
}

/*
 * Since when a backend has been idle outside a transaction; 0 if it is not.
 */
static TimestampTz
get_idle_since(int pid)
{
	int			backend_id;
	PgBackendStatus *status = get_backend_status(pid, &backend_id);
	TimestampTz idle_since = 0;

	if (status != NULL && status->st_state == STATE_IDLE)
		idle_since = status->st_state_start_timestamp;
	compat_forget_backend_status();

	return idle_since;
}

/*
 * When a backend started; 0 if it is not there.
 */
TimestampTz
get_backend_start(int pid)
{
	int			backend_id;
	PgBackendStatus *status = get_backend_status(pid, &backend_id);
	TimestampTz start = status ? status->st_proc_start_timestamp : 0;

	compat_forget_backend_status();

	return start;
}

/*
 * The pids that hold the lock, and after them those that have its second tag,
 * who are at work under it; 0 for a prepared transaction.
 */
static int
get_holder_pids(int64 key, int **pids)
{
	LockData   *data = GetLockStatusData();
	LOCKTAG		tags[2];
	int			npids = 0;

	set_bootstrap_locktag(&tags[0], key);
	set_fence_locktag(&tags[1], key);
	*pids = palloc(sizeof(int) * Max(data->nelements, 1));
	for (int t = 0; t < lengthof(tags); t++)
	{
		for (int i = 0; i < data->nelements; i++)
		{
			LockInstanceData *lock = &data->locks[i];

			if (lock->holdMask != 0 && memcmp(&lock->locktag, &tags[t], sizeof(LOCKTAG)) == 0)
				(*pids)[npids++] = lock->pid;
		}
	}
	pfree(data->locks);
	pfree(data);

	return npids;
}

bool
is_lock_holder(int64 key, int pid)
{
	int		   *pids;
	int			npids = get_holder_pids(key, &pids);
	bool		found = false;

	for (int i = 0; i < npids; i++)
		found |= pids[i] == pid;
	pfree(pids);

	return found;
}

/*
 * True if a backend holds the lock and is idle outside a transaction.
 */
bool
is_orphan(int64 key, int pid, TimestampTz *idle_since)
{
	*idle_since = get_idle_since(pid);

	return *idle_since != 0 &&
		is_lock_holder(key, pid) &&
		get_idle_since(pid) == *idle_since;
}

static HolderState
classify_holder(int64 key, int pid, TimestampTz *idle_since)
{
	*idle_since = 0;
	if (pid == 0)
		return HOLDER_PREPARED;
	if (pid == MyProcPid)
		return transaction_has_bootstrap_lock(key) || has_fence_tag(key, TAG_OF_TRANSACTION) ?
			HOLDER_ACTIVE :
			HOLDER_ORPHANED;

	return is_orphan(key, pid, idle_since) ? HOLDER_ORPHANED : HOLDER_ACTIVE;
}

/*
 * Find the holder.  Several sessions can hold the lock in share mode; one
 * that is in a transaction tells more than an orphan.
 */
void
find_holder(int64 key, Holder *holder)
{
	int		   *pids;
	int			npids = get_holder_pids(key, &pids);

	memset(holder, 0, sizeof(*holder));
	for (int i = 0; i < npids && holder->state != HOLDER_ACTIVE; i++)
	{
		holder->pid = pids[i];
		holder->state = classify_holder(key, pids[i], &holder->idle_since);
	}
	pfree(pids);
}

const char *
holder_state_name(HolderState state)
{
	switch (state)
	{
		case HOLDER_NONE:
			break;
		case HOLDER_ACTIVE:
			return "active";
		case HOLDER_ORPHANED:
			return "orphaned";
		case HOLDER_PREPARED:
			return "prepared";
	}
	return NULL;
}

/*
 * The same rule as HAS_PGSTAT_PERMISSIONS in pgstatfuncs.c.
 */
static bool
may_see_activity(Oid role)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
		has_privs_of_role(GetUserId(), role);
}

/*
 * Look up what pg_stat_activity shows the caller of the holder: an active
 * one counts from the start of its transaction, an orphan from when it last
 * went idle.
 */
void
get_holder_activity(const Holder *holder, HolderActivity *activity)
{
	int			backend_id = 0;
	PgBackendStatus *status;

	memset(activity, 0, sizeof(*activity));
	if (holder->pid == 0)
		return;
	status = get_backend_status(holder->pid, &backend_id);
	if (status == NULL)
		return;

	if (status->st_appname)
		activity->application_name = pstrdup(status->st_appname);
	if (may_see_activity(status->st_userid))
	{
		LOCAL_FCINFO(fcinfo, 1);

		activity->since = holder->state == HOLDER_ORPHANED ?
			status->st_state_start_timestamp :
			status->st_xact_start_timestamp;

		/* DirectFunctionCall1() could not return the NULL of a Unix socket. */
		InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
		fcinfo->args[0].value = Int32GetDatum(backend_id);
		fcinfo->args[0].isnull = false;
		activity->client_addr = pg_stat_get_backend_client_addr(fcinfo);
		activity->has_client_addr = !fcinfo->isnull;
	}
	compat_forget_backend_status();
}
