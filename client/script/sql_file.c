/*-------------------------------------------------------------------------
 *
 * sql_file.c
 *		A file of SQL statements, read and judged before any of them runs.
 *
 * psql's own lexer finds their ends.  It is given the lines one by one, as
 * psql does, so that we know where a statement is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/file.h"
#include "base/log.h"
#include "fe_utils/psqlscan.h"
#include "mb/pg_wchar.h"
#include "pqexpbuffer.h"
#include "script/sql_file.h"

/* A message to the server cannot be much longer. */
#define MAX_FILE_SIZE (1024 * 1024 * 1024 - 1024)

/* In a row: no statement has so many. */
#define MAX_OPERATORS 1000

/*
 * End the program: nothing has been done yet.  The line is 0 if it is about
 * the file as a whole.
 */
void
refuse_sql_file(const SqlFile *file, int line, const char *hint, const char *fmt, ...)
{
	char		message[512];
	va_list		args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	usage_error(psprintf("The file is that of %s.", file->source), hint,
				line > 0 ? "%s:%d: %s" : "%s%.0d: %s", file->path, line, message);
}

/*
 * In which line of the file a part of the statement is.
 */
int
line_of(const SqlStatement *statement, const char *position)
{
	int			line = statement->first_line;

	for (const char *p = statement->text; p < position; p++)
		line += *p == '\n';
	return line;
}

/*
 * The lexer takes time as the square of the length of a run of operators, and
 * nested comments are one.  Lines of "-" are comments that it skips as a whole.
 */
static void
check_operators(const SqlFile *file, const char *text)
{
	static const char operators[] = "~!@#^&|`?+-*/%<>=";
	int			line = 1;

	for (const char *c = text; *c; c++)
	{
		size_t		len = strspn(c, operators);

		line += *c == '\n';
		if (len > MAX_OPERATORS && strncmp(c, "--", 2) != 0)
			refuse_sql_file(file, line, NULL,
							"more than %d operators or nested comments in a row", MAX_OPERATORS);
		c += len > 0 ? len - 1 : 0;
	}
}

static char *
read_text(const SqlFile *file)
{
	size_t		len;
	const char *why;
	char	   *text = read_whole_file(file->path, MAX_FILE_SIZE, &len, &why);

	if (text == NULL)
		refuse_sql_file(file, 0, NULL, "could not read file: %s", why);
	if (strlen(text) != len)
		refuse_sql_file(file, 0, "Save it as UTF-8.", "file has a null byte");
	check_operators(file, text);
	return text;
}

static void
add_statement(SqlFile *file, PQExpBuffer text, int first_line)
{
	SqlStatement *statement;

	if (!is_empty_statement(text->data))
	{
		file->statements = pg_realloc(file->statements,
									  (file->count + 1) * sizeof(SqlStatement));
		statement = &file->statements[file->count++];
		statement->text = pg_strdup(text->data);
		statement->first_line = first_line;
		check_statement(file, statement);
	}
	resetPQExpBuffer(text);
}

/*
 * Take the statements that end in this line.  What is left is in the buffer,
 * and the prompt tells what psql would be waiting for.
 */
static promptStatus_t
scan_line(SqlFile *file, PsqlScanState state, const char *line, int len, int number,
		  PQExpBuffer text, int *first_line)
{
	PsqlScanResult result;
	promptStatus_t prompt;

	if (text->len > 0)
		appendPQExpBufferChar(text, '\n');
	psql_scan_setup(state, line, len, PG_UTF8, true);
	do
	{
		bool		begins = text->len == 0;

		result = psql_scan(state, text, &prompt);
		if (begins)
			*first_line = number;
		if (result == PSCAN_BACKSLASH)
			refuse_sql_file(file, number,
							"Use a file of SQL alone, or --migrate or --post to run psql.",
							"psql meta-commands cannot be used here");
		if (result == PSCAN_SEMICOLON)
		{
			text->data[--text->len] = '\0';
			add_statement(file, text, *first_line);
		}
	} while (result == PSCAN_SEMICOLON);
	psql_scan_finish(state);

	return prompt;
}

/*
 * The file must not end within anything.
 */
static void
check_end(const SqlFile *file, promptStatus_t prompt, int first_line)
{
	static const char *const unterminated[] = {
		[PROMPT_COMMENT] = "comment",
		[PROMPT_SINGLEQUOTE] = "quoted string",
		[PROMPT_DOUBLEQUOTE] = "quoted identifier",
		[PROMPT_DOLLARQUOTE] = "dollar-quoted string",
		[PROMPT_PAREN] = "parenthesis"};

	if (prompt < lengthof(unterminated) && unterminated[prompt] != NULL)
		refuse_sql_file(file, first_line, NULL, "unterminated %s in the statement that begins here",
						unterminated[prompt]);
}

static void
split(SqlFile *file, const char *text)
{
	static const PsqlScanCallbacks no_variables = {NULL};
	PsqlScanState state = psql_scan_create(&no_variables);
	PQExpBufferData statement;
	promptStatus_t prompt = PROMPT_READY;
	int			first_line = 1;
	int			number = 1;

	initPQExpBuffer(&statement);
	for (const char *line = text; *line; number++)
	{
		size_t		len = strcspn(line, "\n");

		prompt = scan_line(file, state, line, len, number, &statement, &first_line);
		line += len + (line[len] != '\0');
	}
	check_end(file, prompt, first_line);
	add_statement(file, &statement, first_line);
	termPQExpBuffer(&statement);
	psql_scan_destroy(state);
}

/*
 * Read the file and find its statements.  Ends the program with EXIT_USAGE if
 * it, or any of them, cannot be run.
 */
const SqlFile *
read_sql_file(const char *path, const char *source)
{
	static const char bom[] = "\xEF\xBB\xBF";
	SqlFile    *file = pg_malloc(sizeof(SqlFile));
	char	   *text;

	*file = (SqlFile) {.path = path, .source = source};
	text = read_text(file);
	split(file, text + (strncmp(text, bom, 3) == 0 ? 3 : 0));
	free(text);
	if (file->count == 0)
		refuse_sql_file(file, 0, NULL, "file has no SQL statement");
	return file;
}
