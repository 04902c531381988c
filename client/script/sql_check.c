/*-------------------------------------------------------------------------
 *
 * sql_check.c
 *		Refuse statements that would end the transaction they run in, wait
 *		for data that never comes, or stay with a pooled backend.
 *
 * What is hidden in a function, as in "SELECT set_config('search_path', '',
 * false)", cannot be seen from here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "fe_utils/psqlscan.h"
#include "mb/pg_wchar.h"
#include "pqexpbuffer.h"
#include "script/sql_file.h"
#include "script/sql_words.h"

/* Statements by their first word. */
static const struct
{
	const char *word;
	enum
	{
		ENDS_TRANSACTION,
		STAYS
	} why;
} refused[] = {
	{"BEGIN", ENDS_TRANSACTION},
	{"START", ENDS_TRANSACTION},
	{"COMMIT", ENDS_TRANSACTION},
	{"END", ENDS_TRANSACTION},
	{"ROLLBACK", ENDS_TRANSACTION},
	{"ABORT", ENDS_TRANSACTION},
	{"RESET", STAYS},
	{"DISCARD", STAYS},
	{"LISTEN", STAYS},
	{"UNLISTEN", STAYS},
	{"PREPARE", STAYS},
	{"DEALLOCATE", STAYS},
	{"LOAD", STAYS},
};

bool
is_empty_statement(const char *text)
{
	SqlWords	words = {.next = text};

	return !next_sql_word(&words);
}

/*
 * "\;" puts a semicolon into a statement without ending it.  Whatever the
 * lexer would split again had one.
 */
static bool
has_several_statements(const char *text)
{
	static const PsqlScanCallbacks no_variables = {NULL};
	PsqlScanState state = psql_scan_create(&no_variables);
	PQExpBufferData first;
	promptStatus_t prompt;
	bool		several;

	initPQExpBuffer(&first);
	psql_scan_setup(state, text, strlen(text), PG_UTF8, true);
	several = psql_scan(state, &first, &prompt) == PSCAN_SEMICOLON;
	psql_scan_finish(state);
	psql_scan_destroy(state);
	termPQExpBuffer(&first);

	return several;
}

/*
 * ROLLBACK TO SAVEPOINT, unlike ROLLBACK, leaves the transaction open.
 */
static bool
rolls_back_to_savepoint(const char *text)
{
	return has_sql_words(text, (const char *const[]) {"rollback", "to", NULL}) ||
		has_sql_words(text, (const char *const[]) {"rollback", "work", "to", NULL}) ||
		has_sql_words(text, (const char *const[]) {"rollback", "transaction", "to", NULL});
}

/*
 * COPY waits for the client, or sends to it; in its grammar STDIN and STDOUT
 * are the same.
 */
static bool
copies_to_client(const char *text)
{
	static const char *const forms[][3] = {
		{"from", "stdin"}, {"from", "stdout"}, {"to", "stdin"}, {"to", "stdout"}};

	for (int i = 0; i < lengthof(forms); i++)
	{
		if (has_sql_words(text, forms[i]))
			return true;
	}
	return false;
}

/*
 * SET is known by the word behind it.
 */
static void
check_set(const SqlFile *file, SqlWords *words, int line)
{
	bool		local;

	next_sql_word(words);
	local = strcmp(words->word, "local") == 0;
	if (local)
		next_sql_word(words);
	if (strcmp(words->word, "transaction") == 0)
		refuse_sql_file(file, line, "All of the file runs in one transaction, at READ COMMITTED.",
						"SET TRANSACTION cannot be used here");
	if (strcmp(words->word, "standard_conforming_strings") == 0 ||
		strcmp(words->word, "client_encoding") == 0 || strcmp(words->word, "names") == 0)
		refuse_sql_file(file, line,
						"Leave it out: standard_conforming_strings is on, and PGCLIENTENCODING"
						" sets the encoding.",
						"SET cannot change how the file is read");
	if (!local && strcmp(words->word, "constraints") != 0)
		refuse_sql_file(file, line, "Use SET LOCAL.",
						"SET without LOCAL would stay on a pooled connection");
}

static bool
is_temporary(const char *word)
{
	return strcmp(word, "temp") == 0 || strcmp(word, "temporary") == 0;
}

/*
 * CREATE TEMP, with what may be between the two.
 */
static bool
creates_temporary(const char *text)
{
	SqlWords	words = {.next = text};

	next_sql_word(&words);
	do
		next_sql_word(&words);
	while (strcmp(words.word, "or") == 0 || strcmp(words.word, "replace") == 0 ||
		   strcmp(words.word, "global") == 0 || strcmp(words.word, "local") == 0);
	return is_temporary(words.word) ||
		has_sql_words(text, (const char *const[]) {"pg_temp", ".", NULL});
}

/*
 * SELECT ... INTO TEMP.  INSERT INTO temp names a table.
 */
static bool
selects_into_temporary(const char *text)
{
	SqlWords	words = {.next = text};
	bool		inserts = false;

	while (next_sql_word(&words))
	{
		if (strcmp(words.word, "into") == 0 && !inserts)
		{
			next_sql_word(&words);
			if (strcmp(words.word, "local") == 0 || strcmp(words.word, "global") == 0)
				next_sql_word(&words);
			if (is_temporary(words.word))
				return true;
		}
		inserts = strcmp(words.word, "insert") == 0 || strcmp(words.word, "merge") == 0;
	}
	return false;
}

/*
 * Temporary objects and cursors may outlive the transaction.
 */
static void
check_lifetime(const SqlFile *file, const SqlStatement *statement, const char *first, int line)
{
	const char *text = statement->text;

	if (strcmp(first, "declare") == 0 &&
		has_sql_words(text, (const char *const[]) {"with", "hold", NULL}))
		refuse_sql_file(file, line, NULL, "a cursor WITH HOLD would stay on a pooled connection");
	if ((strcmp(first, "create") == 0 && creates_temporary(text) &&
		 !has_sql_words(text, (const char *const[]) {"on", "commit", "drop", NULL})) ||
		selects_into_temporary(text))
		refuse_sql_file(file, line, "Use CREATE TEMPORARY TABLE ... ON COMMIT DROP.",
						"a temporary object would stay on a pooled connection");
}

/*
 * End the program with EXIT_USAGE if the statement cannot be run.
 */
void
check_statement(const SqlFile *file, const SqlStatement *statement)
{
	const char *text = statement->text;
	SqlWords	words = {.next = text};
	char		first[WORD_SIZE];
	int			line;

	next_sql_word(&words);
	line = line_of(statement, words.start);
	strlcpy(first, words.word, sizeof(first));

	if (has_several_statements(text))
		refuse_sql_file(file, line, "End each statement by a semicolon alone.",
						"psql's \"\\;\" cannot be used here");
	for (int i = 0; i < lengthof(refused); i++)
	{
		if (pg_strcasecmp(first, refused[i].word) != 0 || rolls_back_to_savepoint(text))
			continue;
		if (refused[i].why == ENDS_TRANSACTION ||
			has_sql_words(text, (const char *const[]) {"prepare", "transaction", NULL}))
			refuse_sql_file(file, line,
							"All of the file runs in one transaction; a migration of several needs "
							"--migrate.",
							"transaction control cannot be used here: %s", refused[i].word);
		refuse_sql_file(file, line, NULL, "%s would change what a pooled connection finds",
						refused[i].word);
	}
	if (strcmp(first, "set") == 0)
		check_set(file, &words, line);
	if (strcmp(first, "copy") == 0 && copies_to_client(text))
		refuse_sql_file(file, line, "Use INSERT, or COPY with a file of the server.",
						"COPY from or to the client cannot be used here");
	check_lifetime(file, statement, first, line);
}
