/* answer.c: rows from a server, client/server/answer.c, client/lock/plain/table_columns.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "libpq-fe.h"
#include "lock/plain/table_columns.h"
#include "lock/sessions/sessions.h"
#include "sql/sql_plain.h"

#define MOST_COLUMNS 16

/* As those of sql_plain_find_table() and of sql_sessions(). */
static const char table_kinds[] = "TTBbBTTTtTT";
static const char session_kinds[] = "iTTTTTTTb";

const bool	fuzz_frees_all = true;

void
fuzz_prepare(void)
{
}

/*
 * One row a line, of values between tabs; "\N" is a null.
 */
static PGresult *
make_result(char *text, ExecStatusType status, int ncolumns, int format)
{
	PGresult   *result = PQmakeEmptyPGresult(NULL, status);
	PGresAttDesc columns[MOST_COLUMNS] = {{0}};
	char	   *line;

	for (int i = 0; i < ncolumns; i++)
	{
		columns[i].name = "column";
		columns[i].format = format;
	}
	PQsetResultAttrs(result, ncolumns, columns);
	for (int row = 0; (line = take_part(&text, '\n')) != NULL; row++)
	{
		for (int column = 0; column < ncolumns; column++)
		{
			char	   *value = take_part(&line, '\t');

			if (value == NULL || strcmp(value, "\\N") == 0)
				PQsetvalue(result, row, column, NULL, -1);
			else
				PQsetvalue(result, row, column, value, strlen(value));
		}
	}
	return result;
}

static void
read_table(const PGresult *result, char *column)
{
	HeadQuestion question = {.column = column};
	TableColumns found;
	Failure		failure = {0};

	bool		good;

	if (answer_text(result, 0, TABLE_NAME) == NULL)
		return;
	good = find_columns(&found, &question, result, &failure);
	MUST(good == (failure.message == NULL));
	free_table_columns(&found);
	failure_clear(&failure);
}

static void
read_sessions(const PGresult *result)
{
	PQExpBufferData text;

	initPQExpBuffer(&text);
	for (int row = 0; row < PQntuples(result); row++)
	{
		HolderSession session = read_session(result, row);

		append_session(&text, &session);
	}
	termPQExpBuffer(&text);
}

/*
 * What is accepted has the values that were asked for.
 */
static void
check_accepted(const PGresult *result, const char *kinds)
{
	for (int row = 0; row < PQntuples(result); row++)
		for (int column = 0; kinds[column]; column++)
		{
			const char *value = answer_text(result, row, column);
			char		kind = kinds[column];

			MUST(value != NULL || isupper((unsigned char) kind));
			if (value == NULL)
				continue;
			MUST(pg_tolower(kind) != 'i' || strspn(value, "-+0123456789") == strlen(value));
			MUST(pg_tolower(kind) != 'b' || answer_is_true(result, row, column) == (*value == 't'));
		}
}

/*
 * A letter for the question, a digit for the kind of the answer and one for
 * its columns; the name of the head column; rows.
 */
void
fuzz_one(char *text, size_t len)
{
	char	   *first = take_part(&text, '\n');
	char	   *column = take_part(&text, '\n');
	bool		is_table;
	int			ncolumns;
	Query		query = {0};
	PGresult   *result;
	Failure		failure = {0};

	if (text == NULL || strlen(first) < 3 || *column == '\0')
		return;
	is_table = first[0] == 't';
	query.rows = is_table ? ONE_ROW : ANY_ROWS;
	query.answer = is_table ? table_kinds : session_kinds;
	ncolumns = first[2] == '.' ? strlen(query.answer) : (unsigned char) first[2] % MOST_COLUMNS;
	result = make_result(text, first[1] == '1' ? PGRES_COMMAND_OK : PGRES_TUPLES_OK, ncolumns,
						 first[3] == '1');
	if (check_answer(result, &query, &failure))
	{
		check_accepted(result, query.answer);
		if (is_table)
			read_table(result, column);
		else
			read_sessions(result);
	}
	else
		MUST(failure.message != NULL && strcmp(failure.sqlstate, "08P01") == 0);
	failure_clear(&failure);
	PQclear(result);
}
