/*-------------------------------------------------------------------------
 *
 * nothing.c
 *		A C function that does nothing, for the benchmark: what is left above
 *		it is PostgreSQL's own cost of calling a function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(nothing);

Datum
nothing(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}
