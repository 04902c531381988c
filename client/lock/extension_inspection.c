/*-------------------------------------------------------------------------
 *
 * extension_inspection.c
 *		What the extension is asked beyond what a start takes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/extension.h"
#include "lock/way/inspection.h"
#include "sql/sql.h"

static bool
extension_ask_status(Session *session, const Target *target, Millis until, Holder *holder,
					 Heads *heads)
{
	PGresult   *result = session_query(session,
									 sql_status(session->conn, session->schema, target), until);

	if (result == NULL)
		return false;
	read_holder(result, holder);
	if (heads)
		read_outcome(session, result, 8, heads);
	return true;
}

static Query
extension_break_orphan(const Session *session, const Target *target, const char *pid)
{
	return sql_break_orphan(session->conn, session->schema, target);
}

static char *
extension_describe_break(const Target *target, const char *pid)
{
	return psprintf("gw_bootstrap_break_orphan(" INT64_FORMAT ")", target->lock_key);
}

const Inspection extension_inspection = {
	.ask_status = extension_ask_status,
	.break_orphan = extension_break_orphan,
	.describe_break = extension_describe_break,
};
