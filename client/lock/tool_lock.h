/*-------------------------------------------------------------------------
 *
 * tool_lock.h
 *		The locks that migration tools have of their own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TOOL_LOCK_H
#define TOOL_LOCK_H

#include "migrations/migration_tool.h"
#include "options/options.h"
#include "server/copy.h"

/* The columns of sql_advisory_locks(). */
enum
{
	LOCK_KEY_COLUMN,
	LOCK_PID,
	LOCK_STATE,
	LOCK_DATABASE,
	LOCK_SCHEMA,
	LOCK_KEYS,					/* of how many keys: objsubid */
	LOCK_TABLE
};

/*
 * What a table of lock rows says.
 */
typedef struct LockRows
{
	RowTaker	taker;			/* first */
	const char *column;			/* that of LockRow */
	bool		locked;
	bool		at_work;		/* another session does something */
} LockRows;

extern bool read_lock_rows(Session *session, const MigrationTool *tool, const PGresult *tables,
						   int row, Millis until, LockRows *rows);
extern bool ask_tool_lock(Session *session, const Options *options, Millis until, bool *held);

#endif							/* TOOL_LOCK_H */
