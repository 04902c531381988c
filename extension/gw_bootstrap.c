/*-------------------------------------------------------------------------
 *
 * gw_bootstrap.c
 *		SQL functions to migrate a database exactly once.
 *
 * gw_bootstrap_try() reads the head table and, only if there is work to do,
 * takes a transaction-level advisory lock without waiting, then reads the
 * table again with a newer snapshot: a plain SQL statement could not, since
 * its one snapshot is older than its lock.  The caller's open transaction is
 * then the guard of the migration, so it must hold nothing but that lock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "bootstrap_lock.h"
#include "compat.h"
#include "fence.h"
#include "fence_token.h"
#include "head_table.h"
#include "heads.h"
#include "holder.h"

COMPAT_MODULE_MAGIC("gw_bootstrap", GW_BOOTSTRAP_VERSION);

PG_FUNCTION_INFO_V1(gw_bootstrap_at_head);
PG_FUNCTION_INFO_V1(gw_bootstrap_try);
PG_FUNCTION_INFO_V1(gw_bootstrap_status);
PG_FUNCTION_INFO_V1(gw_bootstrap_token);
PG_FUNCTION_INFO_V1(gw_bootstrap_break_orphan);

/* The columns of the two functions that return a row. */
enum
{
	TRY_OUTCOME,
	TRY_CURRENT_HEADS,
	TRY_HOLDER_PID,
	TRY_HOLDER_STATE,
	TRY_COLUMNS
};

enum
{
	STATUS_CURRENT_HEADS,
	STATUS_LOCK_KEY,
	STATUS_HOLDER_PID,
	STATUS_HOLDER_STATE,
	STATUS_HOLDER_SINCE,
	STATUS_HOLDER_APPLICATION_NAME,
	STATUS_HOLDER_CLIENT_ADDR,
	STATUS_IN_RECOVERY,
	STATUS_COLUMNS
};

/* How often break_orphan looks whether the backend has gone, and how long. */
#define BREAK_POLL_MS 10
#define BREAK_TIMEOUT_MS 5000

static char *library_version = NULL;

void		_PG_init(void);

void
_PG_init(void)
{
	DefineCustomStringVariable("gw_bootstrap.version",
							   "Version of the gw_bootstrap shared library.",
							   "It should equal the version of the extension; if not, run ALTER EXTENSION gw_bootstrap UPDATE.",
							   &library_version,
							   GW_BOOTSTRAP_VERSION,
							   PGC_INTERNAL,
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   NULL, NULL, NULL);
	define_fence_settings();
}

static void
check_not_null(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be null", name)));
}

/*
 * Check the three arguments that tell which heads are expected where.
 */
static void
get_head_arguments(FunctionCallInfo fcinfo, ExpectedHeads *expected)
{
	check_not_null(fcinfo, 0, "expected_heads");
	check_not_null(fcinfo, 1, "head_table");
	check_not_null(fcinfo, 2, "head_column");
	expect_heads(PG_GETARG_ARRAYTYPE_P(0), expected);
}

/*
 * Make a row.  A function in FROM is told the row type; elsewhere it has to
 * be worked out.
 */
static Datum
make_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TupleDesc	desc = NULL;

	if (rsinfo != NULL && IsA(rsinfo, ReturnSetInfo))
		desc = rsinfo->expectedDesc;
	if (desc == NULL || desc->tdtypmod < 0)
	{
		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		desc = BlessTupleDesc(desc);
	}

	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/*
 * current_heads of a row: NULL if the table is missing or cannot be read now.
 */
static void
set_current_heads(FoundHeads *found, Datum *value, bool *isnull)
{
	*isnull = found->state != HEADS_READ;
	if (!*isnull)
		*value = PointerGetDatum(found_heads_array(found));
}

static void
set_holder(const Holder *holder, Datum *pid, bool *pid_isnull,
		   Datum *state, bool *state_isnull)
{
	*pid = Int32GetDatum(holder->pid);
	*pid_isnull = holder->pid == 0;
	*state_isnull = holder->state == HOLDER_NONE;
	if (!*state_isnull)
		*state = CStringGetTextDatum(holder_state_name(holder->state));
}

/*
 * gw_bootstrap_at_head(expected_heads, head_table, head_column) -> boolean
 */
Datum
gw_bootstrap_at_head(PG_FUNCTION_ARGS)
{
	ExpectedHeads expected;
	FoundHeads	found = {.collect = false};

	get_head_arguments(fcinfo, &expected);
	read_head_table(PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2), &expected, &found);

	PG_RETURN_BOOL(found.at_head);
}

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

#ifdef GW_BOOTSTRAP_PAUSE
/*
 * In a test build only: stop between the first reading and the lock for as
 * long as another session holds the lock of this key.
 */
static void
pause_for_test(void)
{
	DirectFunctionCall1(pg_advisory_lock_int8, Int64GetDatum(INT64CONST(42424242424243)));
	DirectFunctionCall1(pg_advisory_unlock_int8, Int64GetDatum(INT64CONST(42424242424243)));
}
#endif

/*
 * The atomic step, once the arguments are known to be good.  Returns the
 * outcome.
 */
static const char *
try_bootstrap(text *table_name, text *column_name, int64 key,
			  ExpectedHeads *expected, FoundHeads *found)
{
	TakeResult	take;

	read_head_table(table_name, column_name, expected, found);
	if (found->at_head)
		return "at_head";
	check_may_guard();
	if (found->state == HEADS_LOCKED)
		return "busy";

#ifdef GW_BOOTSTRAP_PAUSE
	pause_for_test();
#endif

	take = take_bootstrap_lock(key);
	if (take == TAKE_BUSY)
		return "busy";

	/* Somebody may have reached head before the lock was ours. */
	read_head_table(table_name, column_name, expected, found);
	if (!found->at_head && found->state != HEADS_LOCKED)
	{
		if (take == TAKE_NEW)
			keep_bootstrap_lock(key);
		return "acquired";
	}
	if (take == TAKE_NEW)
		give_back_bootstrap_lock(key);

	return found->at_head ? "at_head" : "busy";
}

/*
 * Find who is in the way: the holder, or else this transaction itself, if it
 * gave the key up.
 */
static void
find_obstacle(int64 key, Holder *holder)
{
	find_holder(key, holder);
	if (holder->state == HOLDER_NONE && transaction_gave_up_bootstrap_lock(key))
	{
		holder->pid = MyProcPid;
		holder->state = HOLDER_ACTIVE;
	}
}

/*
 * gw_bootstrap_try(expected_heads, head_table, head_column, lock_key)
 *		-> (outcome, current_heads, holder_pid, holder_state)
 */
Datum
gw_bootstrap_try(PG_FUNCTION_ARGS)
{
	Datum		values[TRY_COLUMNS];
	bool		nulls[TRY_COLUMNS] = {false};
	ExpectedHeads expected;
	FoundHeads	found = {.collect = true};
	Holder		holder = {.state = HOLDER_NONE};
	const char *outcome;
	int64		key;

	check_not_null(fcinfo, 3, "lock_key");
	get_head_arguments(fcinfo, &expected);
	key = PG_GETARG_INT64(3);

	outcome = try_bootstrap(PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2), key,
							&expected, &found);
	if (strcmp(outcome, "busy") == 0)
		find_obstacle(key, &holder);

	values[TRY_OUTCOME] = CStringGetTextDatum(outcome);
	set_current_heads(&found, &values[TRY_CURRENT_HEADS], &nulls[TRY_CURRENT_HEADS]);
	set_holder(&holder, &values[TRY_HOLDER_PID], &nulls[TRY_HOLDER_PID],
			   &values[TRY_HOLDER_STATE], &nulls[TRY_HOLDER_STATE]);

	PG_RETURN_DATUM(make_row(fcinfo, values, nulls));
}

/*
 * gw_bootstrap_status(head_table, head_column, lock_key) -> one row
 */
Datum
gw_bootstrap_status(PG_FUNCTION_ARGS)
{
	Datum		values[STATUS_COLUMNS];
	bool		nulls[STATUS_COLUMNS] = {false};
	FoundHeads	found = {.collect = true};
	Holder		holder;
	HolderActivity activity;
	int64		key;

	check_not_null(fcinfo, 0, "head_table");
	check_not_null(fcinfo, 1, "head_column");
	check_not_null(fcinfo, 2, "lock_key");
	key = PG_GETARG_INT64(2);

	read_head_table(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1), NULL, &found);
	find_holder(key, &holder);
	get_holder_activity(&holder, &activity);

	set_current_heads(&found, &values[STATUS_CURRENT_HEADS], &nulls[STATUS_CURRENT_HEADS]);
	values[STATUS_LOCK_KEY] = Int64GetDatum(key);
	set_holder(&holder, &values[STATUS_HOLDER_PID], &nulls[STATUS_HOLDER_PID],
			   &values[STATUS_HOLDER_STATE], &nulls[STATUS_HOLDER_STATE]);
	values[STATUS_HOLDER_SINCE] = TimestampTzGetDatum(activity.since);
	nulls[STATUS_HOLDER_SINCE] = activity.since == 0;
	nulls[STATUS_HOLDER_APPLICATION_NAME] = activity.application_name == NULL;
	if (activity.application_name)
		values[STATUS_HOLDER_APPLICATION_NAME] = CStringGetTextDatum(activity.application_name);
	values[STATUS_HOLDER_CLIENT_ADDR] = activity.client_addr;
	nulls[STATUS_HOLDER_CLIENT_ADDR] = !activity.has_client_addr;
	values[STATUS_IN_RECOVERY] = BoolGetDatum(RecoveryInProgress());

	PG_RETURN_DATUM(make_row(fcinfo, values, nulls));
}

/*
 * gw_bootstrap_token(lock_key) -> text or NULL
 */
Datum
gw_bootstrap_token(PG_FUNCTION_ARGS)
{
	char		token[TOKEN_LENGTH + 1];

	check_not_null(fcinfo, 0, "lock_key");
	if (!transaction_has_bootstrap_lock(PG_GETARG_INT64(0)))
		PG_RETURN_NULL();
	make_own_token(token);

	PG_RETURN_TEXT_P(cstring_to_text(token));
}

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

/*
 * gw_bootstrap_break_orphan(lock_key, min_idle) -> pid or NULL
 */
Datum
gw_bootstrap_break_orphan(PG_FUNCTION_ARGS)
{
	int64		key;
	Interval   *min_idle;
	Interval	zero = {0};
	Holder		holder;
	TimestampTz idle_since;
	Datum		idle;

	check_not_null(fcinfo, 0, "lock_key");
	check_not_null(fcinfo, 1, "min_idle");
	key = PG_GETARG_INT64(0);
	min_idle = PG_GETARG_INTERVAL_P(1);
	if (DatumGetBool(DirectFunctionCall2(interval_lt, IntervalPGetDatum(min_idle),
										 IntervalPGetDatum(&zero))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_idle must not be negative")));

	if (release_session_lock(key))
		PG_RETURN_INT32(MyProcPid);

	find_holder(key, &holder);
	if (holder.state != HOLDER_ORPHANED)
		PG_RETURN_NULL();
	idle = DirectFunctionCall2(timestamp_mi,
							   TimestampTzGetDatum(GetCurrentTimestamp()),
							   TimestampTzGetDatum(holder.idle_since));
	if (DatumGetBool(DirectFunctionCall2(interval_lt, idle, IntervalPGetDatum(min_idle))))
		PG_RETURN_NULL();

	/* The last moment: still idle, since then, and still the holder. */
	if (!is_orphan(key, holder.pid, &idle_since) || idle_since != holder.idle_since)
		PG_RETURN_NULL();
	if (!DatumGetBool(compat_terminate_backend(holder.pid)))
		PG_RETURN_NULL();
	wait_for_release(key, holder.pid);

	PG_RETURN_INT32(holder.pid);
}
