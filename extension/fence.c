/*-------------------------------------------------------------------------
 *
 * fence.c
 *		The fence: the sessions of a role write only under a living guard.
 *
 * A guard and the work that it guards are different sessions, and the guard
 * may be ended while the work is paused.  So the server itself looks, before
 * each outermost statement's first write and again before each commit of a
 * transaction that has an xid; the latter finds what no statement shows, such
 * as a large object made by a function.
 *
 * The guard may end between that look and the write.  What makes the look
 * enough is the tag (see fence_tag.c): it is taken before the look and kept
 * to the end of the statement, and, once something is written, of the
 * transaction.  For as long nobody is told that he has acquired the key: he
 * is told "busy".  So the write may come after the end of its own guard, but
 * never after the beginning of the next one.
 *
 * A statement that commits by itself (CREATE INDEX CONCURRENTLY, VACUUM, CALL
 * with COMMIT inside) keeps the tag at session level until its end, and all
 * its commits pass, since half of it would be worse than all of it.  Its last
 * transaction commits after we have seen its end, so that takes the tag over.
 *
 * This is against accidents.  It does not see sequences, NOTIFY, dblink and
 * foreign servers, nor what walsenders and background workers do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "tcop/utility.h"

#include "compat.h"
#include "fence.h"
#include "fence_guard.h"
#include "fence_write.h"

int			fence_mode = FENCE_ENFORCE;

static struct
{
	bool		is_on;
	bool		is_installed;	/* hooks and callback */
	int64		key;
	int			depth;			/* 1 in the outermost statement */
	TagLevel	level;			/* of the outermost statement */
	Admission	admission;		/* what it was told; not asked before it writes */
	bool		has_committed;	/* by itself */
	bool		is_finishing;	/* the open transaction is the last of such a one, and has the tag */
	bool		has_warned;		/* in this transaction */
} fence;

static ExecutorRun_hook_type next_ExecutorRun = NULL;
static ExecutorFinish_hook_type next_ExecutorFinish = NULL;
static ProcessUtility_hook_type next_ProcessUtility = NULL;

/*
 * Parallel workers do the work of their leader, who was asked; and a standby
 * cannot write.
 */
static bool
is_fenced(void)
{
	return fence.is_on && MyBackendType == B_BACKEND && !RecoveryInProgress();
}

/*
 * Something is to be written.  Ask once for each outermost statement, since
 * from then on the tag, or its transaction's own lock, keeps others out.
 */
static void
require_guard(TagLevel level)
{
	if (fence.admission != ADMISSION_NOT_ASKED || fence.is_finishing)
		return;

	fence.admission = ask_for_admission(fence.key, level);
	if (fence.admission == ADMITTED_BY_KEY || fence.admission == ADMITTED_BY_TOKEN)
		return;
	if (fence_mode == FENCE_WARN)
	{
		fence.has_warned = true;
		report_refusal(WARNING, fence.key, fence.admission);
	}
	else
	{
		Admission	refusal = fence.admission;

		/* Whoever catches the error is asked again. */
		fence.admission = ADMISSION_NOT_ASKED;
		report_refusal(ERROR, fence.key, refusal);
	}
}

static void
enter_statement(bool may_commit)
{
	if (fence.depth++ > 0)
		return;
	fence.level = may_commit ? TAG_OF_SESSION : TAG_OF_TRANSACTION;
	fence.admission = ADMISSION_NOT_ASKED;
	fence.has_committed = false;
}

/*
 * Give the tag back, unless the transaction that is open has written: then it
 * keeps the tag to its end.  After an error its end is near.
 */
static void
leave_statement(bool has_failed)
{
	bool		has_written;

	if (--fence.depth > 0)
		return;
	if (fence.admission == ADMITTED_BY_TOKEN)
	{
		has_written = has_failed || TransactionIdIsValid(GetTopTransactionIdIfAny());
		if (fence.level == TAG_OF_SESSION)
		{
			/* pg_advisory_unlock_all() may have let somebody else have the key. */
			if (has_written && !has_failed && has_fence_tag(fence.key, TAG_OF_SESSION))
				fence.is_finishing = take_fence_tag(fence.key, TAG_OF_TRANSACTION) && fence.has_committed;
			give_back_fence_tag(fence.key, TAG_OF_SESSION);
		}
		else if (!has_written)
			give_back_fence_tag(fence.key, TAG_OF_TRANSACTION);
	}
	fence.admission = ADMISSION_NOT_ASKED;
}

/*
 * Run a part of a statement, the whole of which may be asked for a guard once.
 */
#define RUN_FENCED(may_commit, is_writing, run) \
	do \
	{ \
		enter_statement(may_commit); \
		PG_TRY(); \
		{ \
			if (is_writing) \
				require_guard(fence.level); \
			run; \
		} \
		PG_CATCH(); \
		{ \
			leave_statement(true); \
			PG_RE_THROW(); \
		} \
		PG_END_TRY(); \
		leave_statement(false); \
	} while (0)

/*
 * The guard is asked for here and not when the executor starts: a portal may be
 * older than the loss.
 */
static void
fence_ExecutorRun(QueryDesc *queryDesc, ScanDirection direction, uint64 count COMPAT_EXECUTE_ONCE_PARAMETER)
{
	if (is_fenced())
		RUN_FENCED(false, !CommandIsReadOnly(queryDesc->plannedstmt),
				   next_ExecutorRun(queryDesc, direction, count COMPAT_EXECUTE_ONCE));
	else
		next_ExecutorRun(queryDesc, direction, count COMPAT_EXECUTE_ONCE);
}

/*
 * AFTER triggers run here.
 */
static void
fence_ExecutorFinish(QueryDesc *queryDesc)
{
	if (is_fenced())
		RUN_FENCED(false, false, next_ExecutorFinish(queryDesc));
	else
		next_ExecutorFinish(queryDesc);
}

static void
fence_ProcessUtility(COMPAT_UTILITY_PARAMETERS)
{
	if (is_fenced())
		RUN_FENCED(context == PROCESS_UTILITY_TOPLEVEL && !IsTransactionBlock(),
				   is_writing_utility(pstmt->utilityStmt),
				   next_ProcessUtility(COMPAT_UTILITY_ARGUMENTS));
	else
		next_ProcessUtility(COMPAT_UTILITY_ARGUMENTS);
}

/*
 * A transaction that has an xid is about to commit.
 */
static void
check_commit(void)
{
	bool		is_inside = fence.depth > 0;

	/* What a session drops at its end are its temporary tables. */
	if (fence.is_finishing || fence.has_warned || proc_exit_inprogress)
		return;
	if (is_inside && fence.admission == ADMITTED_BY_TOKEN &&
		has_fence_tag(fence.key, TAG_OF_SESSION))
	{
		fence.has_committed = true;
		return;
	}

	fence.admission = ADMISSION_NOT_ASKED;
	require_guard(is_inside ? fence.level : TAG_OF_TRANSACTION);
	fence.has_committed = is_inside;
}

static void
fence_xact_callback(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			if (is_fenced() && TransactionIdIsValid(GetTopTransactionIdIfAny()))
				check_commit();
			break;
		case XACT_EVENT_PRE_PREPARE:
			if (is_fenced())
				ereport(fence_mode == FENCE_WARN ? WARNING : ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("cannot prepare a transaction in a fenced session"),
						 errdetail("It could be committed when its guard is long gone.")));
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			/* What the tag of its session admitted goes on. */
			if (fence.depth == 0 || fence.admission != ADMITTED_BY_TOKEN)
				fence.admission = ADMISSION_NOT_ASKED;
			fence.is_finishing = false;
			fence.has_warned = false;
			break;
		default:
			break;
	}
}

/*
 * Those who have no key pay nothing, not even for hooks that do nothing.
 */
void
set_fence(bool is_on, int64 key)
{
	fence.is_on = is_on;
	fence.key = key;
	if (!is_on || fence.is_installed)
		return;

	fence.is_installed = true;
	next_ExecutorRun = ExecutorRun_hook ? ExecutorRun_hook : standard_ExecutorRun;
	ExecutorRun_hook = fence_ExecutorRun;
	next_ExecutorFinish = ExecutorFinish_hook ? ExecutorFinish_hook : standard_ExecutorFinish;
	ExecutorFinish_hook = fence_ExecutorFinish;
	next_ProcessUtility = ProcessUtility_hook ? ProcessUtility_hook : standard_ProcessUtility;
	ProcessUtility_hook = fence_ProcessUtility;
	RegisterXactCallback(fence_xact_callback, NULL);
}
