/*-------------------------------------------------------------------------
 *
 * try.c
 *		The atomic step: look, take the lock, and look again.
 *
 * A plain SQL statement could not, since its one snapshot is older than its
 * lock: somebody may have reached head in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"

#include "bootstrap_lock.h"
#include "head_table.h"
#include "pause.h"
#include "try.h"

/*
 * Refuse to take a lock that could not serve as a guard.
 */
static void
check_may_guard(void)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot bootstrap a database during recovery"),
				 errdetail("This server is a standby, and the database is not at head."),
				 errhint("Connect to the primary server.")));
	if (!IsTransactionBlock())
		ereport(ERROR,
				(errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
				 errmsg("gw_bootstrap_try() must be called inside a transaction block"),
				 errdetail("The lock that it takes ends with the transaction."),
				 errhint("Run BEGIN first, migrate, then COMMIT.")));
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("gw_bootstrap_try() must be called at isolation level READ COMMITTED"),
				 errdetail("A transaction at another level keeps its snapshot, for which CREATE INDEX CONCURRENTLY waits."),
				 errhint("Run BEGIN ISOLATION LEVEL READ COMMITTED.")));
}

/*
 * What the heads that were read mean for a caller that has, or may not need,
 * the lock; NULL if there is work to do.
 */
static const char *
settled_outcome(const HeadReading *reading)
{
	switch (reading->outcome)
	{
		case HEADS_BEHIND:
		case HEADS_RUNNING:
			break;
		case HEADS_AT_HEAD:
			return "at_head";
		case HEADS_AHEAD:
		case HEADS_DIVERGED:
			return "ahead";
		case HEADS_FAILED:
			return "failed";
	}
	return NULL;
}

/*
 * The atomic step, once the arguments are known to be good.  Returns the
 * outcome.  A failed migration is one only if nobody is at work any more, so
 * that takes the lock first.
 */
const char *
try_bootstrap(text *table, const HeadQuestion *question, int64 key, HeadReading *reading)
{
	const char *outcome;
	TakeResult	take;

	read_head_table(table, question, reading);
	outcome = settled_outcome(reading);
	if (outcome && reading->outcome != HEADS_FAILED)
		return outcome;
	check_may_guard();
	if (reading->state == HEADS_LOCKED)
		return "busy";

	pause_for_test(PAUSE_BEFORE_KEY);
	take = take_bootstrap_lock(key);
	if (take == TAKE_BUSY)
		return "busy";

	/* Somebody may have reached head before the lock was ours. */
	read_head_table(table, question, reading);
	pause_for_test(PAUSE_BEFORE_ANSWER);
	outcome = settled_outcome(reading);
	if (!outcome && reading->state != HEADS_LOCKED)
	{
		if (take == TAKE_NEW)
			keep_bootstrap_lock(key);
		return "acquired";
	}
	if (take == TAKE_NEW)
		give_back_bootstrap_lock(key);

	return outcome ? outcome : "busy";
}

/*
 * Find who is in the way: the holder, or else this transaction itself, if it
 * gave the key up.
 */
void
find_obstacle(int64 key, Holder *holder)
{
	find_holder(key, holder);
	if (holder->state == HOLDER_NONE && transaction_gave_up_bootstrap_lock(key))
	{
		holder->pid = MyProcPid;
		holder->state = HOLDER_ACTIVE;
	}
}
