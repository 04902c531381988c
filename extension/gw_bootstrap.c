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
#include "head_question.h"
#include "head_table.h"
#include "holder.h"
#include "try.h"

COMPAT_MODULE_MAGIC("gw_bootstrap", GW_BOOTSTRAP_VERSION);

PG_FUNCTION_INFO_V1(gw_bootstrap_at_head);
PG_FUNCTION_INFO_V1(gw_bootstrap_at_head_known);
PG_FUNCTION_INFO_V1(gw_bootstrap_try);
PG_FUNCTION_INFO_V1(gw_bootstrap_try_known);
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
	TRY_FAILED_HEADS,			/* of the function with known_heads */
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
	STATUS_OUTCOME,
	STATUS_FAILED_HEADS,
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
 * A list of heads in a row: NULL if the table is missing or cannot be read now.
 */
static void
set_heads(const HeadReading *reading, const HeadList *list, Datum *value, bool *isnull)
{
	*isnull = reading->state != HEADS_READ;
	if (!*isnull)
		*value = PointerGetDatum(head_list_array(list));
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

static bool
is_at_head(FunctionCallInfo fcinfo, const HeadArguments *arguments)
{
	HeadQuestion question = {.collect = false};
	HeadReading reading;

	get_head_question(fcinfo, arguments, &question);
	read_head_table(PG_GETARG_TEXT_PP(arguments->table), &question, &reading);

	return reading.outcome == HEADS_AT_HEAD;
}

/*
 * gw_bootstrap_at_head(expected_heads, head_table, head_column) -> boolean
 */
Datum
gw_bootstrap_at_head(PG_FUNCTION_ARGS)
{
	static const HeadArguments arguments = {
		.expected = 0, .table = 1, .column = 2, .rule = -1};

	PG_RETURN_BOOL(is_at_head(fcinfo, &arguments));
}

/*
 * gw_bootstrap_at_head(expected_heads, known_heads, head_table, head_column,
 *		head_rule, head_order, head_condition) -> boolean
 *
 * A function of its own, since each default of an argument costs the calls
 * that do not use it as much as reading the table does.
 */
Datum
gw_bootstrap_at_head_known(PG_FUNCTION_ARGS)
{
	static const HeadArguments arguments = {
		.expected = 0, .known = 1, .table = 2, .column = 3, .rule = 4, .order = 5, .condition = 6};

	PG_RETURN_BOOL(is_at_head(fcinfo, &arguments));
}

/*
 * Try, and make the row of either function.
 */
static Datum
try_and_tell(FunctionCallInfo fcinfo, const HeadArguments *arguments, int key_argument)
{
	Datum		values[TRY_COLUMNS];
	bool		nulls[TRY_COLUMNS] = {false};
	HeadQuestion question = {.collect = true};
	HeadReading reading;
	Holder		holder = {.state = HOLDER_NONE};
	const char *outcome;
	int64		key;

	check_not_null(fcinfo, key_argument, "lock_key");
	key = PG_GETARG_INT64(key_argument);
	get_head_question(fcinfo, arguments, &question);

	outcome = try_bootstrap(PG_GETARG_TEXT_PP(arguments->table), &question, key, &reading);
	if (strcmp(outcome, "busy") == 0)
		find_obstacle(key, &holder);

	values[TRY_OUTCOME] = CStringGetTextDatum(outcome);
	set_heads(&reading, &reading.found.current, &values[TRY_CURRENT_HEADS], &nulls[TRY_CURRENT_HEADS]);
	set_holder(&holder, &values[TRY_HOLDER_PID], &nulls[TRY_HOLDER_PID],
			   &values[TRY_HOLDER_STATE], &nulls[TRY_HOLDER_STATE]);
	if (arguments->rule >= 0)
		set_heads(&reading, &reading.found.failed, &values[TRY_FAILED_HEADS], &nulls[TRY_FAILED_HEADS]);

	return make_row(fcinfo, values, nulls);
}

/*
 * gw_bootstrap_try(expected_heads, head_table, head_column, lock_key)
 *		-> (outcome, current_heads, holder_pid, holder_state)
 */
Datum
gw_bootstrap_try(PG_FUNCTION_ARGS)
{
	static const HeadArguments arguments = {
		.expected = 0, .table = 1, .column = 2, .rule = -1};

	PG_RETURN_DATUM(try_and_tell(fcinfo, &arguments, 3));
}

/*
 * gw_bootstrap_try(expected_heads, known_heads, head_table, lock_key,
 *		head_column, head_rule, head_order, head_condition)
 *		-> (outcome, current_heads, holder_pid, holder_state, failed_heads)
 */
Datum
gw_bootstrap_try_known(PG_FUNCTION_ARGS)
{
	static const HeadArguments arguments = {
		.expected = 0, .known = 1, .table = 2, .column = 4, .rule = 5, .order = 6, .condition = 7};

	PG_RETURN_DATUM(try_and_tell(fcinfo, &arguments, 3));
}

/*
 * What the database's state is, in a word.  A failed migration is one only if
 * nobody is seen at work, and then a row still says so.
 */
static const char *
status_outcome(text *table, const HeadQuestion *question, int64 key, const Holder *holder,
			   HeadReading *reading)
{
	if (reading->outcome == HEADS_FAILED)
	{
		if (holder->state != HOLDER_NONE && !transaction_has_bootstrap_lock(key))
			return head_outcome_names[HEADS_RUNNING];
		read_head_table(table, question, reading);
	}
	if (reading->state == HEADS_LOCKED)
		return head_outcome_names[HEADS_RUNNING];

	return head_outcome_names[reading->outcome];
}

static void
set_status_holder(const Holder *holder, Datum *values, bool *nulls)
{
	HolderActivity activity;

	get_holder_activity(holder, &activity);
	set_holder(holder, &values[STATUS_HOLDER_PID], &nulls[STATUS_HOLDER_PID],
			   &values[STATUS_HOLDER_STATE], &nulls[STATUS_HOLDER_STATE]);
	values[STATUS_HOLDER_SINCE] = TimestampTzGetDatum(activity.since);
	nulls[STATUS_HOLDER_SINCE] = activity.since == 0;
	nulls[STATUS_HOLDER_APPLICATION_NAME] = activity.application_name == NULL;
	if (activity.application_name)
		values[STATUS_HOLDER_APPLICATION_NAME] = CStringGetTextDatum(activity.application_name);
	values[STATUS_HOLDER_CLIENT_ADDR] = activity.client_addr;
	nulls[STATUS_HOLDER_CLIENT_ADDR] = !activity.has_client_addr;
}

/*
 * gw_bootstrap_status(head_table, head_column, lock_key, expected_heads,
 *		known_heads, head_rule, head_order, head_condition) -> one row
 */
Datum
gw_bootstrap_status(PG_FUNCTION_ARGS)
{
	static const HeadArguments arguments = {
		.table = 0, .column = 1, .expected = 3, .known = 4, .rule = 5, .order = 6, .condition = 7};
	Datum		values[STATUS_COLUMNS];
	bool		nulls[STATUS_COLUMNS] = {false};
	HeadQuestion question = {.collect = true};
	HeadReading reading;
	Holder		holder;
	text	   *table;
	int64		key;

	check_not_null(fcinfo, 2, "lock_key");
	key = PG_GETARG_INT64(2);
	get_head_question(fcinfo, &arguments, &question);
	table = PG_GETARG_TEXT_PP(arguments.table);

	read_head_table(table, &question, &reading);
	find_holder(key, &holder);
	nulls[STATUS_OUTCOME] = question.expected == NULL;
	if (question.expected)
		values[STATUS_OUTCOME] =
			CStringGetTextDatum(status_outcome(table, &question, key, &holder, &reading));

	set_heads(&reading, &reading.found.current,
			  &values[STATUS_CURRENT_HEADS], &nulls[STATUS_CURRENT_HEADS]);
	values[STATUS_LOCK_KEY] = Int64GetDatum(key);
	set_status_holder(&holder, values, nulls);
	values[STATUS_IN_RECOVERY] = BoolGetDatum(RecoveryInProgress());
	set_heads(&reading, &reading.found.failed,
			  &values[STATUS_FAILED_HEADS], &nulls[STATUS_FAILED_HEADS]);

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
