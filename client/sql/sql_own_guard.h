/*-------------------------------------------------------------------------
 *
 * sql_own_guard.h
 *		The statements that look for who waits for its own guard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_OWN_GUARD_H
#define SQL_OWN_GUARD_H

#include "options/target.h"
#include "sql/query.h"

/* Columns of sql_watch(): backends of the command, or NULL. */
enum
{
	WATCH_WAITING,				/* in a call, for the lock */
	WATCH_ASKING				/* has asked for an advisory lock in vain */
};

extern Query sql_is_guard(const Target *target, const char *names);
extern Query sql_may_watch(void);
extern Query sql_watch(const Target *target, const char *name);

#endif							/* SQL_OWN_GUARD_H */
