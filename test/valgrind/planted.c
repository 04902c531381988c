/*
 * A function with a fault that valgrind has to find: it reads memory that was given back.
 * What finds none in here has not looked.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(planted);

Datum
planted(PG_FUNCTION_ARGS)
{
	volatile char *text = palloc0(64);

	pfree((void *) text);
	PG_RETURN_BOOL(text[0] == 'x');
}
