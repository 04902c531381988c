/*-------------------------------------------------------------------------
 *
 * toasted.c
 *		Values that are stored out of line, fetched without waiting.
 *
 * Fetching one locks the TOAST table and its indexes, and the lock of the table
 * that has the value keeps nobody from those: REINDEX of a TOAST table takes them
 * alone.  So they are taken before, conditionally.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/table.h"
#include "nodes/pg_list.h"
#include "storage/lmgr.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "compat.h"
#include "toasted.h"

/* A compressed value may have to be fetched as a whole, whatever is wanted of it. */
#define MOST_COMPRESSED (1024 * 1024)

bool
is_toasted(Datum value)
{
	return VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value));
}

static bool
is_too_long(Datum value)
{
	Size		stored = toast_datum_size(value);

	return stored > MOST_COMPRESSED && stored < toast_raw_datum_size(value) - VARHDRSZ;
}

static Oid
toast_table(Datum value)
{
	struct varatt_external pointer;

	VARATT_EXTERNAL_GET_POINTER(pointer, DatumGetPointer(value));
	return pointer.va_toastrelid;
}

static List *
list_indexes(Oid table)
{
	Relation	rel = table_open(table, NoLock);
	List	   *indexes = RelationGetIndexList(rel);

	table_close(rel, NoLock);
	return indexes;
}

static void
unlock(Oid table, List *indexes)
{
	ListCell   *cell;

	foreach(cell, indexes)
		UnlockRelationOid(lfirst_oid(cell), AccessShareLock);
	UnlockRelationOid(table, AccessShareLock);
}

/*
 * Lock the table and all of its indexes.  Taking the locks tells of changes, so
 * whether there are others by then is looked at last.
 */
static bool
lock(Oid table, List **locked)
{
	List	   *indexes;
	ListCell   *cell;

	*locked = NIL;
	if (!ConditionalLockRelationOid(table, AccessShareLock))
		return false;
	indexes = list_indexes(table);
	foreach(cell, indexes)
	{
		if (!ConditionalLockRelationOid(lfirst_oid(cell), AccessShareLock))
			break;
		*locked = lappend_oid(*locked, lfirst_oid(cell));
	}
	if (equal(*locked, list_indexes(table)))
		return true;
	unlock(table, *locked);
	return false;
}

/*
 * Fetch the first bytes of a value, as a value that has no others.  Returns false
 * if that would mean to wait.  *fetched is 0 if it would be too much.
 */
bool
fetch_toasted(Datum value, int32 count, Datum *fetched)
{
	struct varlena *pointer = (struct varlena *) DatumGetPointer(value);
	Oid			table = toast_table(value);
	List	   *indexes;

	*fetched = (Datum) 0;
	if (is_too_long(value))
		return true;
	if (!lock(table, &indexes))
		return false;
	*fetched = PointerGetDatum(detoast_attr_slice(pointer, 0, count));
	unlock(table, indexes);
	list_free(indexes);
	return true;
}
