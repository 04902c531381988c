/*-------------------------------------------------------------------------
 *
 * plain_holder.c
 *		Who has the lock, asked in plain SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/plain/plain.h"
#include "sql/sql_plain.h"

static bool
is_orphaned(const PGresult *status)
{
	return status != NULL && strcmp(PQgetvalue(status, 0, 3), "orphaned") == 0;
}

static bool
same_value(const PGresult *a, const PGresult *b, int column)
{
	return strcmp(PQgetvalue(a, 0, column), PQgetvalue(b, 0, column)) == 0;
}

/*
 * The states of backends are not read
 * at the moment at which the locks are, so one that is seen idle and with the
 * lock may just have begun or ended a transaction.  One that is seen so twice,
 * idle since the same moment, has not.
 */
bool
plain_ask_holder(Session *session, const Target *target, Millis until, Holder *holder)
{
	PGresult   *before = session_query(session, sql_plain_status(target), until);
	PGresult   *status = before;
	bool		orphaned = false;

	if (is_orphaned(before))
	{
		status = session_query(session, sql_plain_status(target), until);
		orphaned = is_orphaned(status) && same_value(before, status, 2) && same_value(before, status, 8);
		PQclear(before);
	}
	if (status == NULL)
		return false;
	read_holder(status, holder);
	if (is_orphaned(status) && !orphaned)
		holder->state = HOLDER_ACTIVE;
	return true;
}
