/*-------------------------------------------------------------------------
 *
 * copy.c
 *		Read a table by COPY.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "server/ask.h"
#include "server/copy.h"

/*
 * Have more of the answer.  A row may be of any length, and as long another time.
 */
static bool
read_on(Session *session, Millis until)
{
	if (wait_for_server(session, POLLIN, until, "reading a table") && session_read(session))
		return true;
	if (session->failure.too_long)
		set_failure(&session->failure, FAILURE_FINAL,
					"Check --head-table and --head-column, or install the extension, which reads"
					" only the beginning of a value.",
					"a row of table \"%s\" takes more than %d MB of memory", session->taker->table,
					ANSWER_MB);
	return false;
}

static bool
take_rows(Session *session, Millis until)
{
	RowTaker   *taker = session->taker;
	char	   *row;
	int			len;
	bool		taken = true;

	taker->rows = 0;
	while (taken && (len = PQgetCopyData(session->conn, &row, true)) >= 0)
	{
		if (len == 0)
			taken = read_on(session, until);
		else if (taker->take(taker, row, len, &session->failure))
			taker->rows++;
		else
		{
			session_drop(session);
			taken = false;
		}
		PQfreemem(row);
	}
	return taken;				/* an error is the next result */
}

/*
 * Ask by a COPY TO STDOUT, whose rows are handed on.
 */
bool
session_copy(Session *session, Query query, RowTaker *taker, Millis until)
{
	PGresult   *result;
	bool		whole;

	taker->rows = -1;
	session->taker = taker;
	session->take_rows = take_rows;
	result = session_query(session, query, until);
	session->take_rows = NULL;
	if (result == NULL)
		return false;
	whole = taker->rows == strtol(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	if (whole)
		return true;
	set_answer_failure(&session->failure, "it does not have the rows that it says");
	session_drop(session);
	return false;
}
