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

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/log.h"
#include "fe_utils/psqlscan.h"
#include "mb/pg_wchar.h"
#include "pqexpbuffer.h"
#include "script/sql_file.h"

/* A message to the server cannot be much longer. */
#define MAX_FILE_SIZE (1024 * 1024 * 1024 - 1024)

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
	log_event(LOG_ERROR, psprintf("The file is that of %s.", file->source), hint,
			  line > 0 ? "%s:%d: %s" : "%s%.0d: %s", file->path, line, message);
	exit(EXIT_USAGE);
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
 * Open the file, which is not to keep us waiting: no pipe, no terminal.
 */
static int
open_file(const SqlFile *file, struct stat *status)
{
	int			fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, status) != 0)
		refuse_sql_file(file, 0, NULL, "could not open file: %s", strerror(errno));
	if (!S_ISREG(status->st_mode))
		refuse_sql_file(file, 0, NULL, "not a regular file");
	if (status->st_size > MAX_FILE_SIZE)
		refuse_sql_file(file, 0, NULL, "file is too large");
	return fd;
}

static void
read_text(const SqlFile *file, PQExpBuffer text)
{
	struct stat status;
	int			fd = open_file(file, &status);
	char		block[8192];
	ssize_t		len;

	initPQExpBuffer(text);
	while ((len = read(fd, block, sizeof(block))) > 0)
		appendBinaryPQExpBuffer(text, block, len);
	if (len < 0)
		refuse_sql_file(file, 0, NULL, "could not read file: %s", strerror(errno));
	close(fd);
	if (PQExpBufferDataBroken(*text))
		refuse_sql_file(file, 0, NULL, "out of memory");
	if (memchr(text->data, '\0', text->len) != NULL)
		refuse_sql_file(file, 0, "Save it as UTF-8.", "file has a null byte");
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
void
read_sql_file(SqlFile *file, const char *path, const char *source)
{
	static const char bom[] = "\xEF\xBB\xBF";
	PQExpBufferData text;

	*file = (SqlFile) {.path = path, .source = source};
	read_text(file, &text);
	split(file, text.data + (strncmp(text.data, bom, 3) == 0 ? 3 : 0));
	termPQExpBuffer(&text);
	if (file->count == 0)
		refuse_sql_file(file, 0, NULL, "file has no SQL statement");
}
