/*-------------------------------------------------------------------------
 *
 * orphan.h
 *		End a session-level lock that nobody is left to give back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_ORPHAN_H
#define GW_BOOTSTRAP_ORPHAN_H

#include "datatype/timestamp.h"

extern int	break_orphan(int64 key, Interval *min_idle);

#endif							/* GW_BOOTSTRAP_ORPHAN_H */
