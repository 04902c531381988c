/*-------------------------------------------------------------------------
 *
 * answer.c
 *		Whether an answer is one to what was asked.
 *
 * An honest server always answers what it was asked; a pooler that mixes up
 * the answers of its clients does not, nor does a server that is none.  All
 * that comes is looked at here, before anything is read from it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <ctype.h>

#include "base/text.h"
#include "server/answer.h"

#define PROTOCOL_VIOLATION "08P01"

/*
 * It could be anybody's answer, so the connection is of no more use.
 */
void
set_answer_failure(Failure *failure, const char *fmt, ...)
{
	char	   *what;
	va_list		args;

	va_start(args, fmt);
	what = format_args(fmt, args);
	va_end(args);
	set_failure(failure, FAILURE_RETRY,
				"Check what the connection string leads to; a pooler may have mixed up the answers to its clients.",
				"the database answered something else than it was asked: %s", what);
	free(what);
	strlcpy(failure->sqlstate, PROTOCOL_VIOLATION, sizeof(failure->sqlstate));
}

static bool
is_integer(const char *value)
{
	char	   *end;

	errno = 0;
	(void) strtoll(value, &end, 10);
	return end != value && *end == '\0' && errno == 0 && !isspace((unsigned char) *value);
}

/*
 * As in 1.0, and not so long that it cannot be one.
 */
static bool
is_version(const char *value)
{
	return isdigit((unsigned char) *value) && strlen(value) < 16 && strspn(value, "0123456789.") == strlen(value);
}

/*
 * Whether a value is of the kind that a letter of Query.answer tells.
 */
static bool
value_fits(const PGresult *result, int row, int column, char kind)
{
	const char *value = PQgetvalue(result, row, column);

	if (PQgetisnull(result, row, column))
		return isupper((unsigned char) kind);
	if (PQfformat(result, column) != 0 || strlen(value) != PQgetlength(result, row, column))
		return false;
	switch (tolower((unsigned char) kind))
	{
		case 'i':
			return is_integer(value);
		case 'b':
			return strcmp(value, "t") == 0 || strcmp(value, "f") == 0;
		case 'h':
			return (*value == 't' || *value == 'f') && is_version(value + 1);
		case 'v':
			return is_version(value);
		default:
			return true;
	}
}

static bool
check_values(const PGresult *result, const char *kinds, Failure *failure)
{
	for (int row = 0; row < PQntuples(result); row++)
		for (int column = 0; kinds[column]; column++)
			if (!value_fits(result, row, column, kinds[column]))
			{
				set_answer_failure(failure, "column %d has a value that it cannot have", column + 1);
				return false;
			}
	return true;
}

/*
 * Check the answer to something that has not failed.  Unless it fits, the
 * failure is set.
 */
bool
check_answer(const PGresult *result, const Query *query, Failure *failure)
{
	ExecStatusType status = PQresultStatus(result);
	ExecStatusType expected = query->rows == NO_ROWS ? PGRES_COMMAND_OK : PGRES_TUPLES_OK;
	int			count = PQntuples(result);

	if (status != expected)
		set_answer_failure(failure, "its kind is %s", PQresStatus(status));
	else if (query->rows == NO_ROWS)
	{
		if (has_prefix(PQcmdStatus((PGresult *) result), query->answer))
			return true;
		set_answer_failure(failure, "it is that to another command than %s", query->answer);
	}
	else if (PQnfields(result) != strlen(query->answer))
		set_answer_failure(failure, "it has %d columns, not %zu", PQnfields(result), strlen(query->answer));
	else if (query->rows != ANY_ROWS && count != 1 && !(query->rows == MAYBE_ROW && count == 0))
		set_answer_failure(failure, "it has %d rows, not one", count);
	else
		return check_values(result, query->answer, failure);
	return false;
}

/*
 * A value, or NULL.
 */
const char *
answer_text(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

/*
 * False also for NULL.
 */
bool
answer_is_true(const PGresult *result, int row, int column)
{
	return strcmp(PQgetvalue(result, row, column), "t") == 0;
}
