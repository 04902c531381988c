/*-------------------------------------------------------------------------
 *
 * pause.h
 *		In a test build only: places to stop at.
 *
 * Whoever comes to such a place stays there for as long as another session
 * holds the lock of its key, so a test can let others do something meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_PAUSE_H
#define GW_BOOTSTRAP_PAUSE_H

/* The keys begin at 42424242424243. */
typedef enum PausePlace
{
	PAUSE_BEFORE_KEY,			/* heads read once */
	PAUSE_TAG_FREE,				/* nobody has the tag of the key */
	PAUSE_BEFORE_ANSWER,		/* heads read again */
	PAUSE_GUARD_LIVES			/* a fenced session has seen its guard */
} PausePlace;

#ifdef GW_BOOTSTRAP_PAUSE
#include "fmgr.h"
#include "utils/fmgrprotos.h"

static inline void
pause_for_test(PausePlace place)
{
	Datum		key = Int64GetDatum(INT64CONST(42424242424243) + place);

	DirectFunctionCall1(pg_advisory_lock_int8, key);
	DirectFunctionCall1(pg_advisory_unlock_int8, key);
}
#else
#define pause_for_test(place) ((void) 0)
#endif

#endif							/* GW_BOOTSTRAP_PAUSE_H */
