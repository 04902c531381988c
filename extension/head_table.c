/*-------------------------------------------------------------------------
 *
 * head_table.c
 *		Read the head table without waiting and without leaving a trace.
 *
 * The reader may stand in a guard transaction that stays open for as long as
 * a migration takes, so nothing may remain: the table is locked conditionally
 * and closed with its lock released, the snapshot is registered and
 * unregistered, and no query is planned or executed.  SPI could do none of
 * that: it waits for the table and keeps its lock until the transaction ends.
 *
 * Such a transaction processes no invalidation messages by itself, so they
 * are accepted before each look-up (see RangeVarGetRelidExtended() for the
 * same loop with a lock that waits).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "head_table.h"
#include "head_value.h"
#include "shared/refusals.h"

/*
 * Parse the name as regclass would.  A lower-case name that needs no quotes
 * is the common case and spared the parser.
 */
static RangeVar *
make_range_var(char *name)
{
	size_t		len = 0;

	while ((name[len] >= 'a' && name[len] <= 'z') || name[len] == '_')
		len++;
	if (len > 0 && len < NAMEDATALEN && name[len] == '\0')
		return makeRangeVar(NULL, name, -1);

	return makeRangeVarFromNameList(compat_qualified_name_list(name));
}

/*
 * Look the name up as regclass would and lock what it names, if that can be
 * had at once.  HEADS_READ means that *relid is locked.
 */
static HeadTableState
lock_head_table(text *table_name, Oid *relid)
{
	RangeVar   *name = make_range_var(text_to_cstring(table_name));

	AcceptInvalidationMessages();
	*relid = RangeVarGetRelid(name, NoLock, true);

	for (;;)
	{
		uint64		inval_count = SharedInvalidMessageCounter;
		Oid			locked = *relid;

		if (!OidIsValid(locked))
			return HEADS_NO_TABLE;
		if (!ConditionalLockRelationOid(locked, AccessShareLock))
		{
			/*
			 * Locked, or dropped by a transaction that has just ended: only a
			 * name that still means this table is a table that is locked.
			 */
			AcceptInvalidationMessages();
			*relid = RangeVarGetRelid(name, NoLock, true);
			if (*relid == locked)
				return HEADS_LOCKED;
			continue;
		}

		/* Taking the lock has accepted the messages that came meanwhile. */
		if (inval_count == SharedInvalidMessageCounter)
			return HEADS_READ;
		*relid = RangeVarGetRelid(name, NoLock, true);
		if (*relid == locked)
			return HEADS_READ;
		UnlockRelationOid(locked, AccessShareLock);
	}
}

/*
 * Refuse a relation whose rows a plain scan would not tell truly.
 */
static void
check_head_table(Relation rel)
{
	if (rel->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg(NOT_PLAIN_TEXT,
						RelationGetRelationName(rel)),
				 errhint(NOT_PLAIN_HINT)));
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg(NOT_PLAIN_TEXT,
						RelationGetRelationName(rel)),
				 errdetail(TEMPORARY_DETAIL),
				 errhint(TEMPORARY_HINT)));
	if (rel->rd_rel->relhassubclass &&
		find_inheritance_children(RelationGetRelid(rel), NoLock) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg(NOT_PLAIN_TEXT,
						RelationGetRelationName(rel)),
				 errdetail(INHERITED_DETAIL),
				 errhint(INHERITED_HINT)));
	if (rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT && RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot access temporary or unlogged relations during recovery")));
}

/*
 * A scan does not check row security.
 */
static void
check_row_security(Relation rel)
{
	if (rel->rd_rel->relrowsecurity &&
		check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg(ROW_SECURITY_TEXT,
						RelationGetRelationName(rel),
						GetUserNameFromId(GetUserId(), false)),
				 errhint(ROW_SECURITY_HINT)));
}

static void
check_row_count(Relation rel, int64 nrows)
{
	if (nrows > MAX_ROWS_READ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg(TOO_MANY_ROWS_TEXT,
						RelationGetRelationName(rel), MAX_ROWS_READ),
				 errdetail("With this head_rule, head_condition or known_heads it is read as a whole."),
				 errhint(TOO_MANY_ROWS_HINT)));
}

static void
check_row(HeadRowError error, const char *column)
{
	switch (error)
	{
		case ROW_IS_GOOD:
			break;
		case ROW_IS_NOT_BOOLEAN:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg(NO_BOOLEAN_TEXT, column), errhint(NO_BOOLEAN_HINT)));
			break;
		case ROW_IS_TOO_LONG:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a value of column \"%s\" is too long for head_condition", column),
					 errdetail("It is stored out of line, and has more than %d bytes.", MAX_HEAD_LENGTH)));
			break;
	}
}

/*
 * Read the heads with a snapshot of their own, newer than everything that
 * was committed before the call.
 *
 * In a SERIALIZABLE transaction a scan with that snapshot would leave predicate
 * locks and conflicts behind.  One with SnapshotAny does not, and each row is
 * then judged by the same snapshot.
 *
 * Returns false if somebody has locked a value that may be a head.
 */
static bool
scan_head_table(Relation rel, const HeadColumns *columns, ColumnText *how,
				const HeadQuestion *question, FoundHeads *found)
{
	bool		serializable = IsolationIsSerializable();
	bool		bounded = !may_stop_early(question);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	HeadValue  *values = palloc_array(HeadValue, columns->ncolumns);
	MemoryContext caller_context = CurrentMemoryContext;
	MemoryContext row_context = NULL;	/* from the second row on */
	TableScanDesc scan;
	int64		nrows = 0;
	bool		read = true;

	/* Neither a buffer ring nor a synchronised scan: start at page 0. */
	scan = table_beginscan_strat(rel, serializable ? SnapshotAny : snapshot, 0, NULL,
								 false, false);
	while (read && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		const char *column = NULL;
		HeadRowError error;

		CHECK_FOR_INTERRUPTS();
		if (serializable && !table_tuple_satisfies_snapshot(rel, slot, snapshot))
			continue;
		if (++nrows == 2)
			row_context = AllocSetContextCreate(caller_context, "gw_bootstrap row",
												ALLOCSET_SMALL_SIZES);
		if (bounded)
			check_row_count(rel, nrows);

		if (row_context)
			MemoryContextSwitchTo(row_context);
		read = get_values(slot, how, columns->ncolumns, values);
		MemoryContextSwitchTo(caller_context);
		error = read ? note_row(columns, values, question, found, &column) : ROW_IS_GOOD;
		check_row(error, column);
		if (row_context)
			MemoryContextReset(row_context);
		if (judging_is_done(question, found))
			break;
	}
	table_endscan(scan);
	if (row_context)
		MemoryContextDelete(row_context);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);

	return read;
}

/*
 * Read the head table and judge what is found.
 */
void
read_head_table(text *table, const HeadQuestion *question, HeadReading *reading)
{
	HeadColumns columns;
	ColumnText *how;
	Relation	rel;
	Oid			relid;

	reading->outcome = HEADS_BEHIND;
	begin_judging(question, &reading->found);
	reading->state = lock_head_table(table, &relid);
	if (reading->state != HEADS_READ)
		return;

	rel = table_open(relid, NoLock);
	check_head_table(rel);
	check_row_security(rel);
	plan_head_columns(&columns, question, has_column(rel, question->column));
	how = prepare_columns(rel, &columns);
	if (!scan_head_table(rel, &columns, how, question, &reading->found))
		reading->state = HEADS_LOCKED;
	table_close(rel, AccessShareLock);

	if (reading->state == HEADS_READ)
		reading->outcome = judge_heads(question, &reading->found);
}
