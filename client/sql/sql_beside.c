/*-------------------------------------------------------------------------
 *
 * sql_beside.c
 *		The statements that look for an earlier migration.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "command/command.h"
#include "command/environment.h"
#include "pqexpbuffer.h"
#include "sql/sql.h"
#include "sql/sql_beside.h"
#include "sql/sql_locks.h"

/*
 * Whether a session is at work, or NULL if its state is hidden from our role, or
 * not recorded (track_activities).  Every transaction holds its own virtual
 * transaction id, which anybody may see; but a CALL or DO that commits on its
 * way has none for a moment, though its state is active all the time.
 */
#define AT_WORK \
	"CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l" \
	" WHERE l.pid OPERATOR(pg_catalog.=) a.pid" \
	" AND l.locktype OPERATOR(pg_catalog.=) 'virtualxid'" \
	" AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock') THEN true" \
	" WHEN a.state OPERATOR(pg_catalog.<>) 'disabled'" \
	" THEN a.state OPERATOR(pg_catalog.<>) 'idle' END"

/*
 * Ourselves, whether our role is another than that of the guard, which has the
 * lock at this moment, and the guard's name; NULL if nobody has it.
 */
static void
append_ourselves(PQExpBuffer sql, const Target *target)
{
	appendPQExpBuffer(sql,
					  "(SELECT o.usesysid, pg_catalog.current_setting('application_name') AS name,"
					  " o.usesysid OPERATOR(pg_catalog.<>) (SELECT g.usesysid FROM"
					  " pg_catalog.pg_locks l"
					  " JOIN pg_catalog.pg_stat_activity g ON g.pid OPERATOR(pg_catalog.=) l.pid"
					  " WHERE l.granted AND l.database OPERATOR(pg_catalog.=) o.datid"
					  " AND " SQL_HAS_KEY
					  " AND l.objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2 LIMIT 1) AS"
					  " own_role, (SELECT " SQL_GUARD_NAME " FROM pg_catalog.pg_locks l"
					  " WHERE l.granted AND l.database OPERATOR(pg_catalog.=) o.datid"
					  " AND " SQL_HAS_KEY
					  " AND l.objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2 LIMIT 1) AS guard"
					  " FROM pg_catalog.pg_stat_activity o"
					  " WHERE o.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()) me",
					  KEY_HALVES(target->lock_key), KEY_HALVES(target->lock_key));
}

/*
 * Whether a session has the name of the commands of a key that somebody has now,
 * see command_application_name(); for a format, with the key that has no number there.
 */
#define OF_ANOTHER_GUARD \
	"EXISTS (SELECT FROM pg_catalog.pg_locks k, LATERAL (SELECT" \
	" (k.classid::pg_catalog.int8 OPERATOR(pg_catalog.<<) 32)" \
	" OPERATOR(pg_catalog.|) k.objid::pg_catalog.int8 AS key) h, LATERAL (SELECT" \
	" pg_catalog.concat('gw_bootstrap " MIGRATION "', CASE WHEN h.key" \
	" OPERATOR(pg_catalog.<>) " INT64_FORMAT " THEN" \
	" pg_catalog.concat(' ', h.key) END) AS name) n" \
	" WHERE k.granted AND k.locktype OPERATOR(pg_catalog.=) 'advisory'" \
	" AND k.objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2" \
	" AND k.database OPERATOR(pg_catalog.=) a.datid" \
	" AND (a.application_name OPERATOR(pg_catalog.=) n.name" \
	" OR pg_catalog.starts_with(a.application_name, pg_catalog.concat(n.name, ' - '))))"

/*
 * A session of an earlier migration that is at work, or has just been; and how
 * sessions can be told here.  They have the name of a migration command, to which
 * a pooler may append the address of its client (PgBouncer's
 * application_name_add_host).  Whatever its name, one counts while it is at
 * work for a role that only migrates: a pooler may drop names, and a driver
 * send none.  A guard of another key, should it have that role, is left out, and so
 * is a command of one.
 */
Query
sql_earlier_migration(const Target *target, int recent_ms)
{
	char	   *name = command_application_name(MIGRATION, target);
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	appendPQExpBufferStr(&sql,
						 "SELECT s.pid, s.at_work, s.named,"
						 " me.own_role, me.name, session_user, me.guard FROM ");
	append_ourselves(&sql, target);
	appendPQExpBuffer(&sql,
					  " LEFT JOIN LATERAL (SELECT a.pid, a.state_change, a.application_name"
					  " OPERATOR(pg_catalog.=) '%s'"
					  " OR pg_catalog.starts_with(a.application_name, '%s - '::pg_catalog.text) AS"
					  " named, " AT_WORK " AS at_work,"
					  " me.own_role AND a.usesysid OPERATOR(pg_catalog.=) me.usesysid"
					  " AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'"
					  " AND (a.application_name OPERATOR(pg_catalog.<>) 'gw_bootstrap' OR"
					  " a.backend_xid IS NOT NULL"
					  " OR a.state OPERATOR(pg_catalog.<>) 'idle in transaction')"
					  " AND NOT " OF_ANOTHER_GUARD " AS has_role"
					  " FROM pg_catalog.pg_stat_activity a"
					  " WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
					  " AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()) s",
					  name, name, DEFAULT_LOCK_KEY);
	appendPQExpBuffer(&sql,
					  " ON (s.named OR s.has_role) AND s.at_work IS NOT FALSE"
					  " OR s.named AND s.state_change OPERATOR(pg_catalog.>)"
					  " (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) '%d"
					  " ms'::pg_catalog.interval)"
					  " ORDER BY s.at_work DESC NULLS LAST, s.named DESC, s.pid LIMIT 1",
					  recent_ms);
	pg_free(name);

	return (Query) {sql.data, ONE_ROW, "IBBBttT"};
}

/*
 * Whether that backend has written in its transaction.
 */
Query
sql_has_xid(int pid)
{
	return (Query) {psprintf("SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(%d) a"
							 " WHERE a.backend_xid IS NOT NULL)",
							 pid),
					ONE_ROW, "b"};
}
