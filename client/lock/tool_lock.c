/*-------------------------------------------------------------------------
 *
 * tool_lock.c
 *		Whether a migration tool is at work under a lock of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/failed_migration.h"
#include "migrations/migration_tool.h"
#include "sql/sql.h"

/*
 * Look whether somebody has the tool's own lock.
 */
static bool
ask_tool_lock(Session *session, const Options *options, Millis until, bool *held)
{
	PGresult   *locks = session_query(session, sql_advisory_locks(), until);

	*held = false;
	for (int row = 0; locks != NULL && row < PQntuples(locks); row++)
	{
		int64		key = strtoll(PQgetvalue(locks, row, 0), NULL, 10);

		*held |= is_lock_of_tool(options->tool, key, PQgetvalue(locks, row, 3),
								 PQgetvalue(locks, row, 4));
	}
	PQclear(locks);

	return locks != NULL;
}

/*
 * Have that asked, if the tool takes one.
 */
void
take_tool_lock(Options *options)
{
	if (options->tool && options->tool->locks[0].kind != LOCK_NONE)
		options->ask_tool_lock = ask_tool_lock;
}
