/*-------------------------------------------------------------------------
 *
 * plain_way.c
 *		The database asked in plain SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "lock/plain/plain.h"
#include "sql/sql_plain.h"

/*
 * As gw_bootstrap_at_head(): a table that is locked counts as not at head.
 */
static bool
plain_is_at_head(Session *session, const Target *target, Millis until, bool *at_head)
{
	Heads		heads;
	PlainReading reading = plain_read_heads(session, target, false, until, &heads);

	*at_head = reading == READING_DONE && heads.outcome == HEADS_AT_HEAD;
	return reading != READING_FAILED;
}

/*
 * A row that says "failed" is that of a migration at work for as long as
 * somebody has the lock.  If nobody has, what the row says afterwards counts.
 */
static bool
plain_read_outcome(Session *session, const Target *target, Millis until, Heads *heads)
{
	PlainReading reading = plain_read_heads(session, target, false, until, heads);
	Holder		holder;
	bool		held;

	if (reading == READING_DONE && heads->outcome == HEADS_FAILED)
	{
		if (!plain_ask_holder(session, target, until, &holder))
			return false;
		held = holder.state != HOLDER_NONE;
		PQclear(holder.result);
		if (held)
			heads->outcome = HEADS_RUNNING;
		else
			reading = plain_read_heads(session, target, false, until, heads);
	}
	if (reading == READING_LOCKED)
		heads->outcome = HEADS_RUNNING;
	return reading != READING_FAILED;
}

static bool
plain_ask_status(Session *session, const Target *target, Millis until, Holder *holder,
				 Heads *heads)
{
	if (!plain_ask_holder(session, target, until, holder))
		return false;
	if (heads == NULL)
		return true;
	if (!plain_read_outcome(session, target, until, heads))
	{
		PQclear(holder->result);
		return false;
	}
	return true;
}

static Query
plain_break_orphan(const Session *session, const Target *target, const char *pid)
{
	return sql_plain_break_orphan(target, pid);
}

static char *
plain_describe_break(const Target *target, const char *pid)
{
	return psprintf("pg_terminate_backend(%s)", pid);
}

const Inspection plain_inspection = {
	.ask_status = plain_ask_status,
	.break_orphan = plain_break_orphan,
	.describe_break = plain_describe_break,
};

const Way	plain_way = {
	.is_at_head = plain_is_at_head,
	.read_heads = plain_read_outcome,
	.open_guard = plain_guard_open,
	.ask_again = plain_guard_ask_again,
	.inspection = &plain_inspection,
};

/*
 * There is no extension, for a reason that is the session's failure.
 */
Search
do_without(Session *session, const Options *options, Millis until)
{
	if (options->require_extension)
		return SEARCH_IN_VAIN;
	log_event(LOG_INFO, NULL,
			  "Run CREATE EXTENSION gw_bootstrap in this database to save round trips, or use "
			  "--require-extension to refuse to start without it.",
			  "%s; using plain SQL", session->failure.message);
	session->way = &plain_way;
	session->failure.kind = FAILURE_NONE;
	return SEARCH_DONE;
}
