/*-------------------------------------------------------------------------
 *
 * orphan.c
 *		End a session-level lock that nobody is left to give back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "bootstrap_lock.h"
#include "compat.h"
#include "holder.h"
#include "orphan.h"

/* How often break_orphan looks whether the backend has gone, and how long. */
#define BREAK_POLL_MS 10
#define BREAK_TIMEOUT_MS 5000

/*
 * Wait, within bounds, until a terminated backend has released the lock.
 */
static void
wait_for_release(int64 key, int pid)
{
	for (int waited = 0; is_lock_holder(key, pid); waited += BREAK_POLL_MS)
	{
		if (waited >= BREAK_TIMEOUT_MS)
		{
			ereport(WARNING,
					(errmsg("backend with PID %d still holds the lock %d milliseconds after it was told to terminate",
							pid, BREAK_TIMEOUT_MS)));
			return;
		}
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 BREAK_POLL_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

static bool
is_shorter(Datum interval, Interval *than)
{
	return DatumGetBool(DirectFunctionCall2(interval_lt, interval, IntervalPGetDatum(than)));
}

/*
 * The pid of the backend that had an orphaned lock, which is ended now; or 0.
 */
int
break_orphan(int64 key, Interval *min_idle)
{
	Interval	zero = {0};
	Holder		holder;
	TimestampTz idle_since;

	if (is_shorter(IntervalPGetDatum(min_idle), &zero))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_idle must not be negative")));

	if (release_session_lock(key))
		return MyProcPid;

	find_holder(key, &holder);
	if (holder.state != HOLDER_ORPHANED)
		return 0;
	if (is_shorter(DirectFunctionCall2(timestamp_mi,
									   TimestampTzGetDatum(GetCurrentTimestamp()),
									   TimestampTzGetDatum(holder.idle_since)),
				   min_idle))
		return 0;

	/* The last moment: still idle, since then, and still the holder. */
	if (!is_orphan(key, holder.pid, &idle_since) || idle_since != holder.idle_since)
		return 0;
	if (!DatumGetBool(compat_terminate_backend(holder.pid)))
		return 0;
	wait_for_release(key, holder.pid);

	return holder.pid;
}
