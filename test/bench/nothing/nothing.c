/*-------------------------------------------------------------------------
 *
 * nothing.c
 *		C functions that do nothing, for the benchmark: what is left above
 *		them is PostgreSQL's own cost of calling a function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/execnodes.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(nothing);
PG_FUNCTION_INFO_V1(no_row);

Datum
nothing(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}

/*
 * For a call in FROM, where PostgreSQL tells the row type.
 */
Datum
no_row(PG_FUNCTION_ARGS)
{
	Datum		values[4] = {0};
	bool		nulls[4] = {true, true, true, true};
	TupleDesc	desc = castNode(ReturnSetInfo, fcinfo->resultinfo)->expectedDesc;

	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
