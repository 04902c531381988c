/*-------------------------------------------------------------------------
 *
 * sql_beside.h
 *		The statements that look for an earlier migration.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_BESIDE_H
#define SQL_BESIDE_H

#include "options/target.h"
#include "sql/query.h"

/* The columns of sql_earlier_migration(); one row. */
enum
{
	EARLIER_PID,				/* NULL if there is none */
	EARLIER_AT_WORK,			/* or was, a moment ago; NULL if that cannot be seen */
	EARLIER_NAMED,				/* known by its name, not by its role */
	EARLIER_OWN_ROLE,			/* ours is not the guard's; NULL if nobody has the lock */
	EARLIER_OUR_NAME,
	EARLIER_OUR_ROLE,
	EARLIER_GUARD				/* the name of whose transaction has the lock */
};

extern Query sql_earlier_migration(const Target *target, int recent_ms);
extern Query sql_has_xid(int pid);

#endif							/* SQL_BESIDE_H */
