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
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "bootstrap_lock.h"
#include "compat.h"
#include "fence.h"
#include "fence_token.h"
#include "orphan.h"
#include "row.h"

COMPAT_MODULE_MAGIC("gw_bootstrap", GW_BOOTSTRAP_VERSION);

PG_FUNCTION_INFO_V1(gw_bootstrap_at_head);
PG_FUNCTION_INFO_V1(gw_bootstrap_at_head_known);
PG_FUNCTION_INFO_V1(gw_bootstrap_try);
PG_FUNCTION_INFO_V1(gw_bootstrap_try_known);
PG_FUNCTION_INFO_V1(gw_bootstrap_status);
PG_FUNCTION_INFO_V1(gw_bootstrap_token);
PG_FUNCTION_INFO_V1(gw_bootstrap_break_orphan);

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
make_row(FunctionCallInfo fcinfo, Row *row)
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

	return HeapTupleGetDatum(heap_form_tuple(desc, row->values, row->nulls));
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
 * gw_bootstrap_try(expected_heads, head_table, head_column, lock_key)
 *		-> (outcome, current_heads, holder_pid, holder_state)
 */
Datum
gw_bootstrap_try(PG_FUNCTION_ARGS)
{
	static const HeadArguments arguments = {
		.expected = 0, .table = 1, .column = 2, .key = 3, .rule = -1};
	Row			row;

	make_try_row(fcinfo, &arguments, &row);
	PG_RETURN_DATUM(make_row(fcinfo, &row));
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
		.expected = 0, .known = 1, .table = 2, .key = 3, .column = 4, .rule = 5, .order = 6, .condition = 7};
	Row			row;

	make_try_row(fcinfo, &arguments, &row);
	PG_RETURN_DATUM(make_row(fcinfo, &row));
}

/*
 * gw_bootstrap_status(head_table, head_column, lock_key, expected_heads,
 *		known_heads, head_rule, head_order, head_condition) -> one row
 */
Datum
gw_bootstrap_status(PG_FUNCTION_ARGS)
{
	static const HeadArguments arguments = {
		.table = 0, .column = 1, .key = 2, .expected = 3, .known = 4, .rule = 5, .order = 6, .condition = 7, .may_lack_expected = true};
	Row			row;

	make_status_row(fcinfo, &arguments, &row);
	PG_RETURN_DATUM(make_row(fcinfo, &row));
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
 * gw_bootstrap_break_orphan(lock_key, min_idle) -> pid or NULL
 */
Datum
gw_bootstrap_break_orphan(PG_FUNCTION_ARGS)
{
	int			pid;

	check_not_null(fcinfo, 0, "lock_key");
	check_not_null(fcinfo, 1, "min_idle");
	pid = break_orphan(PG_GETARG_INT64(0), PG_GETARG_INTERVAL_P(1));
	if (pid == 0)
		PG_RETURN_NULL();

	PG_RETURN_INT32(pid);
}
