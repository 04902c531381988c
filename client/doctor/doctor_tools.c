/*-------------------------------------------------------------------------
 *
 * doctor_tools.c
 *		What "gw_bootstrap doctor" sees of the locks of other migration tools.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "doctor/doctor.h"
#include "lock/tool_lock.h"
#include "server/answer.h"
#include "sql/sql.h"
#include "sql/sql_doctor.h"

/*
 * Another tool's lock on a backend that is idle is what this project is
 * about.
 */
static void
tell_lock(Doctor *doctor, const PGresult *locks, int row)
{
	int64		key = strtoll(answer_text(locks, row, LOCK_KEY_COLUMN), NULL, 10);
	bool		two_keys = atoi(answer_text(locks, row, LOCK_KEYS)) == 2;
	const char *pid = answer_text(locks, row, LOCK_PID);
	const char *state = answer_text(locks, row, LOCK_STATE);
	bool		idle = state && strcmp(state, "idle") == 0;
	const char *schema = answer_text(locks, row, LOCK_SCHEMA);
	const char *tool = two_keys ? NULL :
								  tool_of_lock(key, answer_text(locks, row, LOCK_DATABASE),
											   schema ? schema : "");

	if (!two_keys && key == doctor->options->target.lock_key)
		return;					/* told by check_holder() */
	if (tool && idle)
		say_bad(doctor,
				psprintf("If that tool is not running, SELECT pg_terminate_backend(%s) ends the "
						 "lock.",
						 pid),
				"other tools: lock of %s on backend %s, which is idle: most likely left behind",
				tool, pid);
	else if (tool)
		say_note(doctor, NULL, "other tools: %s has its lock, on backend %s (%s)", tool, pid,
				 state ? state : "state not visible");
	else if (idle)
		say_note(doctor,
				 psprintf("If it is not that of a program that is alive, such as the choice of a "
						  "leader, SELECT pg_terminate_backend(%s) ends it.",
						  pid),
				 "other tools: session-level lock %s of somebody on backend %s, which is idle",
				 two_keys ? psprintf("(%d, %d)", (int) (key >> 32), (int) key) :
							answer_text(locks, row, LOCK_KEY_COLUMN),
				 pid);
}

static void
tell_lock_table(Doctor *doctor, const MigrationTool *tool, const PGresult *tables, int row)
{
	const char *table = answer_text(tables, row, 0);
	LockRows	rows;
	char	   *how;
	char	   *remedy;

	/* who may not read it, or meets it locked, is told nothing */
	if (!read_lock_rows(&doctor->session, tool, tables, row, doctor->deadline, &rows))
		return;
	how = psprintf(tool->row.remedy, table);
	remedy = psprintf("If no migration of %s is running, %s.", tool->title, how);
	if (rows.taker.rows > 1 && tool->row.single)
		say_bad(doctor, psprintf("Leave one row in %s, with %s = 0.", table, tool->row.column),
				"other tools: %s has " INT64_FORMAT " rows, with which %s cannot migrate", table,
				rows.taker.rows, tool->title);
	else if (rows.locked && rows.at_work)
		say_note(doctor, remedy, "other tools: %s says that %s is migrating", table, tool->title);
	else if (rows.locked)
		say_bad(doctor, remedy,
				"other tools: %s says that %s is migrating, but no other session is at work: most "
				"likely left behind",
				table, tool->title);
	free(remedy);
	free(how);
}

static void
check_lock_tables(Doctor *doctor)
{
	PGresult   *tables = doctor_ask(doctor, sql_doctor_lock_tables(doctor->session.conn));

	for (int row = 0; tables != NULL && row < PQntuples(tables) && doctor->session.conn; row++)
	{
		for (const MigrationTool *tool = migration_tools; tool->title; tool++)
		{
			if (tool->row.table && strcmp(tool->row.table, answer_text(tables, row, 1)) == 0)
				tell_lock_table(doctor, tool, tables, row);
		}
	}
	if (tables == NULL)
		say_failure(doctor, "other tools", &doctor->session.failure);
	PQclear(tables);
}

void
check_other_tools(Doctor *doctor)
{
	PGresult   *locks = doctor_ask(doctor, sql_advisory_locks(doctor->session.conn, NULL));

	for (int row = 0; locks != NULL && row < PQntuples(locks); row++)
		tell_lock(doctor, locks, row);
	if (locks == NULL)
		say_failure(doctor, "other tools", &doctor->session.failure);
	PQclear(locks);
	if (doctor->session.conn)
		check_lock_tables(doctor);
}
