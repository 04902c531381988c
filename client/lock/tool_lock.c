/*-------------------------------------------------------------------------
 *
 * tool_lock.c
 *		Whether a migration tool is at work under a lock of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/tool_lock.h"
#include "server/answer.h"
#include "sql/sql.h"
#include "sql/sql_doctor.h"
#include "sql/sql_plain.h"

static bool
take_lock_row(RowTaker *taker, const char *row, int len, Failure *failure)
{
	LockRows   *rows = (LockRows *) taker;

	if (rows->column == NULL || *row == 't' || *row == '1')
		rows->locked = true;
	return true;
}

/*
 * Read one of the tables that sql_doctor_lock_tables() tells.  False, and the failure
 * set, if we may not, or meet it locked.
 */
bool
read_lock_rows(Session *session, const MigrationTool *tool, const PGresult *tables, int row,
			   Millis until, LockRows *rows)
{
	const char *table = answer_text(tables, row, 0);

	*rows = (LockRows) {.taker = {.take = take_lock_row, .table = table}, .column = tool->row.column};
	rows->at_work = atoi(answer_text(tables, row, 3)) > 0;
	return session_copy(session, sql_plain_read(table, answer_text(tables, row, 2)), &rows->taker,
						until);
}

/*
 * Look whether somebody has the tool's advisory lock.
 */
static bool
ask_advisory_lock(Session *session, const Options *options, Millis until, bool *held)
{
	PGresult   *locks = session_query(session,
									sql_advisory_locks(session->conn, options->target.head_table),
									until);

	for (int row = 0; locks != NULL && row < PQntuples(locks); row++)
	{
		int64		key = strtoll(answer_text(locks, row, LOCK_KEY_COLUMN), NULL, 10);
		const char *schema = answer_text(locks, row, LOCK_SCHEMA);

		*held |= is_lock_of_tool(options->tool, key, answer_text(locks, row, LOCK_DATABASE),
								 schema ? schema : "", answer_text(locks, row, LOCK_TABLE));
	}
	PQclear(locks);
	return locks != NULL;
}

/*
 * Look whether a row says that somebody has it, while somebody is at work; otherwise it
 * was left behind.  A table that cannot be read says nothing.
 */
static bool
ask_lock_row(Session *session, const Options *options, Millis until, bool *held)
{
	const char *name = options->tool->row.table;
	PGresult   *tables = session_query(session, sql_doctor_lock_tables(session->conn), until);
	bool		known = tables != NULL;
	LockRows	rows;

	for (int row = 0; known && row < PQntuples(tables); row++)
	{
		if (strcmp(name, answer_text(tables, row, 1)) != 0)
			continue;
		if (read_lock_rows(session, options->tool, tables, row, until, &rows))
			*held |= rows.locked && rows.at_work;
		else
			known = PQstatus(session->conn) == CONNECTION_OK;
	}
	PQclear(tables);
	return known;
}

/*
 * Whether somebody has a lock of the tool, if it is known to take one.
 */
bool
ask_tool_lock(Session *session, const Options *options, Millis until, bool *held)
{
	const MigrationTool *tool = options->tool;

	if (tool && tool->locks[0].kind != LOCK_NONE &&
		!ask_advisory_lock(session, options, until, held))
		return false;
	return *held || tool == NULL || tool->row.table == NULL ||
		ask_lock_row(session, options, until, held);
}
