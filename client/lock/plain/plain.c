/*-------------------------------------------------------------------------
 *
 * plain.c
 *		The work of the extension's functions, where there is no extension.
 *
 * The steps are those of gw_bootstrap_try(), and the lock is the same, so that
 * replicas of both kinds exclude each other.  What takes one call there takes
 * several statements here: the second look at the heads must be a statement
 * of its own, since one statement has one snapshot, taken before the lock.
 * And since SQL cannot try to lock a table, a head table that is locked is
 * waited for, but only briefly.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/plain/copied_heads.h"
#include "lock/plain/plain.h"
#include "lock/plain/refusal.h"
#include "sql/sql_plain.h"

static bool
is_missing_table(const char *sqlstate)
{
	return strcmp(sqlstate, "42P01") == 0 || strcmp(sqlstate, "3F000") == 0;
}

/*
 * What a statement that failed means for the reading.  A table that has been
 * dropped since it was looked up was locked a moment ago.
 */
static PlainReading
failed_reading(const Session *session)
{
	const char *sqlstate = session->failure.sqlstate;

	return strcmp(sqlstate, "55P03") == 0 || is_missing_table(sqlstate) ? READING_LOCKED :
																		  READING_FAILED;
}

/*
 * Refuse, in the words of the extension, what a query would not tell truly or
 * in other words.
 */
static bool
check_table(Session *session, const PGresult *table)
{
	Failure    *failure = &session->failure;
	const char *name = answer_text(table, 0, TABLE_RELNAME);

	if (!answer_is_true(table, 0, TABLE_IS_PLAIN))
		set_refusal(failure, "42809", NULL, NOT_PLAIN_HINT, NOT_PLAIN_TEXT, name);
	else if (answer_is_true(table, 0, TABLE_IS_TEMPORARY))
		set_refusal(failure, "42809", TEMPORARY_DETAIL, TEMPORARY_HINT, NOT_PLAIN_TEXT, name);
	else if (answer_is_true(table, 0, TABLE_HAS_CHILDREN))
		set_refusal(failure, "42809", INHERITED_DETAIL, INHERITED_HINT, NOT_PLAIN_TEXT, name);
	else if (answer_is_true(table, 0, TABLE_HAS_ROW_SECURITY))
		set_refusal(failure, "0A000", NULL, ROW_SECURITY_HINT, ROW_SECURITY_TEXT, name,
					answer_text(table, 0, TABLE_ROLE));
	else
		return true;
	return false;
}

/*
 * A name that means no table: one that is malformed, or one of a table that
 * does not exist yet.
 */
static PlainReading
missing_table(Session *session, const PGresult *table)
{
	const char *sqlstate = answer_text(table, 0, TABLE_NAME_SQLSTATE);

	if (sqlstate == NULL || is_missing_table(sqlstate))
		return READING_DONE;
	set_refusal(&session->failure, sqlstate, NULL, NULL, "%s",
				PQgetvalue(table, 0, TABLE_NAME_ERROR));
	return READING_FAILED;
}

/*
 * What the rows that were copied mean.
 */
static void
judge_copied(Session *session, CopiedHeads *copied, const Target *target, Heads *heads)
{
	HeadOutcome outcome = judge_heads(target->question, &copied->found);
	char	   *current = head_list_text(&copied->found.current);
	char	   *failed = head_list_text(&copied->found.failed);

	take_heads(session, heads, outcome, current, failed);
	free(current);
	free(failed);
}

/*
 * Read the table that was found.
 */
static PlainReading
read_table(Session *session, const PGresult *table, const Target *target, Millis deadline,
		   Heads *heads)
{
	TableColumns columns = {0};
	CopiedHeads copied;
	PlainReading reading = READING_FAILED;

	if (!check_table(session, table))
		return READING_FAILED;
	if (find_columns(&columns, target->question, table, &session->failure))
	{
		begin_copied_heads(&copied, target->question, &columns,
						   answer_text(table, 0, TABLE_RELNAME));
		if (session_copy(session, sql_plain_read(answer_text(table, 0, TABLE_NAME), columns.list),
						 &copied.taker, deadline))
		{
			judge_copied(session, &copied, target, heads);
			reading = READING_DONE;
		}
		else
			reading = failed_reading(session);
		free_found_heads(&copied.found);
	}
	else if (session->failure.kind == FAILURE_RETRY)
		session_drop(session);	/* it was no answer to what was asked */
	free_table_columns(&columns);

	return reading;
}

static PlainReading
find_and_read_table(Session *session, const Target *target, bool in_guard, Millis deadline,
					Heads *heads)
{
	int			ncolumns;
	char	  **columns = name_columns(target->question, &ncolumns);
	PGresult   *table = session_query(session,
									sql_plain_find_table(session->conn, target, columns, ncolumns,
														 in_guard),
									deadline);
	PlainReading reading;

	for (int i = 0; i < ncolumns; i++)
		free(columns[i]);
	free(columns);
	take_heads(session, heads, HEADS_BEHIND, NULL, NULL);
	if (table == NULL)
		return failed_reading(session);
	reading = answer_text(table, 0, TABLE_NAME) == NULL ?
		missing_table(session, table) :
		read_table(session, table, target, deadline, heads);
	PQclear(table);

	return reading;
}

/*
 * End a reading in the guard, so that it holds nothing but the lock.  The
 * failure of the reading, if any, is kept.
 */
static bool
forget_reading(Session *session, Millis deadline)
{
	Failure		kept = {0};
	bool		forgotten;

	if (PQstatus(session->conn) == CONNECTION_BAD || session->failure.timed_out ||
		PQtransactionStatus(session->conn) == PQTRANS_IDLE)
		return false;
	failure_copy(&kept, &session->failure);
	forgotten = session_do(session, sql_plain_forget(), deadline);
	if (forgotten)
		failure_copy(&session->failure, &kept);
	failure_clear(&kept);
	return forgotten;
}

/*
 * Look for the heads.
 */
PlainReading
plain_read_heads(Session *session, const Target *target, bool in_guard, Millis deadline,
				 Heads *heads)
{
	PlainReading reading;

	session->failure.timed_out = false;
	reading = find_and_read_table(session, target, in_guard, deadline, heads);
	if (in_guard && !forget_reading(session, deadline))
		reading = READING_FAILED;
	if (reading == READING_FAILED)
		take_no_heads(session, heads);
	return reading;
}
