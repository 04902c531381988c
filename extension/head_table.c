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

#include "access/detoast.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "head_table.h"

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
				 errmsg("\"%s\" is not a plain table",
						RelationGetRelationName(rel)),
				 errhint("Name the table in which the migration tool keeps its heads; views, partitioned tables and foreign tables cannot be read without waiting.")));
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a plain table",
						RelationGetRelationName(rel)),
				 errdetail("It is a temporary table, which only one session sees."),
				 errhint("Name the table in which the migration tool keeps its heads, with its schema.")));
	if (rel->rd_rel->relhassubclass &&
		find_inheritance_children(RelationGetRelid(rel), NoLock) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a plain table",
						RelationGetRelationName(rel)),
				 errdetail("Other tables inherit from it."),
				 errhint("Name the table in which the migration tool keeps its heads.")));
	if (rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT && RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot access temporary or unlogged relations during recovery")));
}

/*
 * A scan checks neither privileges nor row security: do both here.
 */
static void
check_access(Relation rel, AttrNumber attnum)
{
	Oid			relid = RelationGetRelid(rel);

	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		(attnum == InvalidAttrNumber ||
		 pg_attribute_aclcheck(relid, attnum, GetUserId(), ACL_SELECT) != ACLCHECK_OK))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(rel));
	if (rel->rd_rel->relrowsecurity &&
		check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("row security of table \"%s\" applies to role \"%s\"",
						RelationGetRelationName(rel),
						GetUserNameFromId(GetUserId(), false)),
				 errhint("Disable row security on the head table, or connect as its owner or as a role with BYPASSRLS.")));
}

/*
 * Find the head column.  The name is taken literally, as by
 * pg_get_serial_sequence().
 */
static Form_pg_attribute
find_head_column(Relation rel, text *column_name)
{
	const char *name = VARDATA_ANY(column_name);
	int			len = VARSIZE_ANY_EXHDR(column_name);
	TupleDesc	desc = RelationGetDescr(rel);
	Form_pg_attribute found = NULL;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && strlen(NameStr(att->attname)) == len &&
			memcmp(NameStr(att->attname), name, len) == 0)
			found = att;
	}

	check_access(rel, found ? found->attnum : InvalidAttrNumber);

	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						text_to_cstring(column_name), RelationGetRelationName(rel))));
	if (compat_is_virtual(found))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of relation \"%s\" is a virtual generated column",
						NameStr(found->attname), RelationGetRelationName(rel)),
				 errhint("Name a column that is stored.")));

	return found;
}

/*
 * True if a value is stored out of line and too long to be an expected head:
 * fetching it could wait for a lock on the TOAST table.
 */
static bool
is_out_of_line(Datum value, Form_pg_attribute column)
{
	return column->attlen == -1 && VARATT_IS_EXTERNAL(DatumGetPointer(value)) &&
		toast_raw_datum_size(value) - VARHDRSZ > MAX_HEAD_LENGTH;
}

/* True if the values are their own text. */
static bool
is_text_type(Oid type)
{
	return type == VARCHAROID || type == TEXTOID || type == BPCHAROID;
}

/* How the values of a column become text. */
typedef struct ColumnText
{
	Form_pg_attribute column;
	bool		is_text;		/* values are their own text */
	Oid			type;			/* of a domain, what it is a domain of */
	FmgrInfo	output;			/* if not is_text */
} ColumnText;

static void
prepare_column_text(ColumnText *how, Form_pg_attribute column)
{
	how->column = column;
	how->type = column->atttypid;
	if (!is_text_type(how->type))
		how->type = getBaseType(how->type);
	how->is_text = is_text_type(how->type);
	if (!how->is_text)
	{
		Oid			output_function;
		bool		is_varlena;

		getTypeOutputInfo(column->atttypid, &output_function, &is_varlena);
		fmgr_info(output_function, &how->output);
	}
}

/*
 * Tell the text of a value, which may lie in the current memory context or be
 * the value itself.
 */
static void
get_value_text(ColumnText *how, Datum value, Head *head)
{
	if (how->is_text)
	{
		text	   *t = DatumGetTextPP(value);

		head->data = VARDATA_ANY(t);
		head->len = VARSIZE_ANY_EXHDR(t);
		if (how->type == BPCHAROID)	/* as its cast to text does */
			head->len = bpchartruelen(VARDATA_ANY(t), head->len);
	}
	else
	{
		head->data = OutputFunctionCall(&how->output, value);
		head->len = strlen(head->data);
	}
}

/*
 * Note the head in one row, if it has one.  Returns false when the reader may
 * stop.
 */
static bool
note_row(TupleTableSlot *slot, ColumnText *how, MemoryContext row_context,
		 ExpectedHeads *expected, FoundHeads *found)
{
	MemoryContext caller_context;
	Head		head;
	bool		isnull;
	Datum		value = slot_getattr(slot, how->column->attnum, &isnull);

	if (isnull)
		return true;
	if (is_out_of_line(value, how->column))
		return note_unreadable_head(found);

	MemoryContextReset(row_context);
	caller_context = MemoryContextSwitchTo(row_context);
	get_value_text(how, value, &head);
	MemoryContextSwitchTo(caller_context);

	return note_head(found, expected, &head);
}

/*
 * Read the heads with a snapshot of their own, newer than everything that
 * was committed before the call.
 *
 * In a SERIALIZABLE transaction a scan with that snapshot would leave predicate
 * locks and conflicts behind.  One with SnapshotAny does not, and each row is
 * then judged by the same snapshot.
 */
static void
scan_head_table(Relation rel, Form_pg_attribute column,
				ExpectedHeads *expected, FoundHeads *found)
{
	bool		serializable = IsolationIsSerializable();
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext,
													  "gw_bootstrap row", ALLOCSET_SMALL_SIZES);
	ColumnText	how;
	TableScanDesc scan;

	prepare_column_text(&how, column);

	/* Neither a buffer ring nor a synchronised scan: start at page 0. */
	scan = table_beginscan_strat(rel, serializable ? SnapshotAny : snapshot, 0, NULL,
								 false, false);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (serializable && !table_tuple_satisfies_snapshot(rel, slot, snapshot))
			continue;
		if (!note_row(slot, &how, row_context, expected, found))
			break;
	}
	table_endscan(scan);
	MemoryContextDelete(row_context);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
}

/*
 * Read the head table into *found, whose "collect" the caller has set.
 * Without expected heads, list what is there.
 */
void
read_head_table(text *table_name, text *column_name,
				ExpectedHeads *expected, FoundHeads *found)
{
	Oid			relid;
	Relation	rel;

	found->at_head = false;
	found->nheads = 0;
	found->nrows = 0;
	found->unexpected = false;
	found->cut = false;
	if (expected)
		forget_seen_heads(expected);

	found->state = lock_head_table(table_name, &relid);
	if (found->state != HEADS_READ)
		return;

	rel = table_open(relid, NoLock);
	check_head_table(rel);
	scan_head_table(rel, find_head_column(rel, column_name), expected, found);
	table_close(rel, AccessShareLock);

	found->at_head = expected != NULL && !found->unexpected &&
		expected->nseen == expected->nheads;
}
