/*-------------------------------------------------------------------------
 *
 * migration_set.c
 *		The migrations that are in the image.
 *
 * They are a tool's folder of files or, for any tool, a file with the list,
 * frozen when the image was built.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/visible.h"
#include "base/wait.h"
#include "migrations/migration_set.h"
#include "pqexpbuffer.h"

/* The path of a list that is piped to us, as messages name it. */
static const char input[] = "standard input";

/* What is piped to us has ended by then. */
#define INPUT_MS 60000

#define MAX_LIST_SIZE (16 * 1024 * 1024)
#define COLUMN_CHARACTERS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define UTF8_MARK "\xEF\xBB\xBF"

/* As the extension takes them. */
#define MAX_HEAD_LENGTH 1024

/*
 * End the program.
 */
void
refuse_migration_set(const char *source, const char *fmt, ...)
{
	va_list		args;
	char	   *message;

	va_start(args, fmt);
	message = format_args(fmt, args);
	va_end(args);
	usage_error(psprintf("The migration set is named by %s.", source),
				"Mend it, or name the heads with --expect-head or --expect-heads-from instead.",
				"%s", message);
}

/*
 * A relative path leads elsewhere from elsewhere.
 */
static void
check_path(const char *path, const char *source)
{
	char		here[MAXPGPATH];

	if (access(path, F_OK) == 0 || errno != ENOENT)
		return;
	if (*path == '/' || getcwd(here, sizeof(here)) == NULL)
		refuse_migration_set(source, "could not read \"%s\": there is no such file or folder",
							 path);
	refuse_migration_set(source,
						 "could not read \"%s\": there is no such file or folder in \"%s\"", path,
						 here);
}

static bool
begins_with_mark(const char *line)
{
	return strncmp(line, UTF8_MARK, strlen(UTF8_MARK)) == 0;
}

/*
 * Whether a list could have it.
 */
bool
fits_list(const char *head)
{
	char	   *line = make_one_line(head);
	bool		fits = strcmp(line, head) == 0 && *head != '#' && !begins_with_mark(head) &&
		strcmp(strip_blanks(line), head) == 0;

	free(line);
	return fits;
}

/*
 * Standard input, as read_whole_file() reads a file: it may be a pipe, but does not
 * keep us for ever.
 */
static char *
read_standard_input(size_t max_size, size_t *len, const char **why)
{
	PQExpBufferData buffer;
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
	Millis		until = now_ms() + INPUT_MS;
	char		chunk[4096];
	ssize_t		got = 1;

	initPQExpBuffer(&buffer);
	*why = NULL;
	while (got > 0 && *why == NULL)
	{
		if (poll(&fd, 1, Max(until - now_ms(), 0)) <= 0)
			*why = psprintf("it has not ended within %d s", INPUT_MS / 1000);
		else if ((got = read(STDIN_FILENO, chunk, sizeof(chunk))) < 0)
			*why = strerror(errno);
		else if (buffer.len + got > max_size)
			*why = psprintf("it has more than %zu bytes", max_size);
		else
			appendBinaryPQExpBuffer(&buffer, chunk, got);
	}
	if (*why == NULL && PQExpBufferBroken(&buffer))
		*why = "out of memory";
	*len = buffer.len;
	if (*why == NULL)
		return buffer.data;
	termPQExpBuffer(&buffer);
	return NULL;
}

/*
 * A list that "gw_bootstrap heads" has printed, or somebody else: one head a
 * line, without the blanks around it; what begins with "#" is a comment.
 */
static void
read_list(const char *path, const char *source, SimpleStringList *heads)
{
	size_t		len;
	const char *why;
	char	   *text = path == input ?
		read_standard_input(MAX_LIST_SIZE, &len, &why) :
		read_whole_file(path, MAX_LIST_SIZE, &len, &why);
	char	   *next = text;
	char	   *line;
	int			number = 0;

	if (text == NULL)
		refuse_migration_set(source, "could not read \"%s\": %s", path, why);
	if (strlen(text) != len)
		refuse_migration_set(source, "%s: there is a null byte in it", path);
	while ((line = strsep(&next, "\n")) != NULL)
	{
		line = strip_blanks(line);
		/* which some editors write, and which is not at the top of lists that were joined */
		while (begins_with_mark(line))
			line = strip_blanks(line + strlen(UTF8_MARK));
		number++;
		if (*line == '\0' || *line == '#')
			continue;
		if (strlen(line) > MAX_HEAD_LENGTH)
			refuse_migration_set(source, "%s:%d: a head has more than %d bytes", path, number,
								 MAX_HEAD_LENGTH);
		for (const char *c = line; *c; c++)
		{
			if ((unsigned char) *c < ' ' || *c == 0x7F)
				refuse_migration_set(source, "%s:%d: a head has a control character", path, number);
		}
		simple_string_list_append(heads, line);
	}
	if (heads->head == NULL)
		refuse_migration_set(source, "%s: there is no head in it", path);
	free(text);
}

/*
 * The list may be another file by mistake: a migration, a configuration.  Versions that
 * have an order begin with a digit, and those of several columns have what is between them.
 */
static bool
could_record(const MigrationSet *set, const char *head)
{
	const MigrationTool *tool = set->tool;
	bool		ordered = strcmp(tool->head_order, "numeric") == 0 ||
		strcmp(tool->head_order, "dotted") == 0;
	const char *column = set->head_column;

	if (ordered && !isdigit((unsigned char) *head))
		return false;
	while (head && *(column += strspn(column, COLUMN_CHARACTERS)) != '\0')
	{
		size_t		len = strcspn(column, COLUMN_CHARACTERS);
		char	   *between = pnstrdup(column, len);

		head = strstr(head, between);
		head = head ? head + len : NULL;
		column += len;
		free(between);
	}
	return head != NULL;
}

static void
read_tool_list(const MigrationSet *set, const char *source, SimpleStringList *versions)
{
	read_list(set->path, source, versions);
	for (const SimpleStringListCell *cell = versions->head; cell; cell = cell->next)
	{
		if (!could_record(set, cell->val))
			refuse_migration_set(source, "%s: \"%s\" is nothing that %s records", set->path,
								 make_one_line(cell->val), set->tool->title);
	}
}

static void
append_string(PQExpBuffer text, const char *value)
{
	appendPQExpBufferStr(text, ", '");
	for (; *value; value++)
		appendPQExpBuffer(text, *value == '\'' ? "''" : "%c", *value);
	appendPQExpBufferChar(text, '\'');
}

/*
 * The condition of the tool, with the files that are aside, which are neither
 * wanted nor too many: a list of strings, in which the empty one is no version.
 */
static const char *
make_condition(const char *condition, const SimpleStringList *asides,
			   const SimpleStringList *expected)
{
	PQExpBufferData text;
	const char *marker;

	initPQExpBuffer(&text);
	while (condition && (marker = strstr(condition, ASIDE)) != NULL)
	{
		appendBinaryPQExpBuffer(&text, condition, marker - condition);
		appendPQExpBufferStr(&text, "''");
		for (const SimpleStringListCell *cell = asides->head; cell; cell = cell->next)
		{
			if (!simple_string_list_member((SimpleStringList *) expected, cell->val))
				append_string(&text, cell->val);
		}
		condition = marker + strlen(ASIDE);
	}
	if (condition)
		appendPQExpBufferStr(&text, condition);
	return text.len > 0 ? text.data : NULL;
}

static void
read_tool_set(MigrationSet *set, const char *source)
{
	const MigrationTool *tool = set->tool;
	SimpleStringList versions = {NULL, NULL};
	SimpleStringList asides = {NULL, NULL};

	set->head_condition = tool->head_condition;
	if (tool->read)
		tool->read(set->path, source, &set->expected, &set->known);
	if (set->expected.head)
		return;					/* or it was a list */
	if (tool->rule.names && is_folder(set->path))
		read_file_names(tool, set->path, source, &versions, &asides);
	else if (is_folder(set->path))
		refuse_migration_set(source,
							 "%s: only %s itself could tell which migrations are there: name a "
							 "file with the list, made when the image is built",
							 set->path, tool->title);
	else
		read_tool_list(set, source, &versions);
	if (strcmp(tool->head_rule, "latest") == 0)
		simple_string_list_append(&set->expected, greatest_version(&versions, tool->head_order));
	else if (versions.head == NULL)
		simple_string_list_append(&set->expected, greatest_version(&asides, tool->head_order));
	else
		set->expected = versions;
	set->head_condition = make_condition(tool->head_condition, &asides, &set->expected);
}

/*
 * Read the set that "TOOL:PATH" names, or a list without a tool if it begins
 * with the colon.  Its heads are those of that column, if it is not NULL, instead of
 * the tool's own.
 */
void
read_migration_set(MigrationSet *set, const char *text, const char *head_column,
				   const char *source)
{
	const char *colon = strchr(text, ':');
	char	   *name = colon ? pnstrdup(text, colon - text) : NULL;

	*set = (MigrationSet) {.path = colon ? colon + 1 : ""};
	if (name && *name)
		set->tool = find_migration_tool(name);
	set->head_column = head_column || !set->tool ? head_column : set->tool->head_column;
	if (name == NULL || *set->path == '\0' || (*name && set->tool == NULL))
		usage_error(NULL,
					psprintf("Write TOOL:PATH, with one of the tools %s; --migrations=help tells more.",
							 migration_tool_names()),
					name && *set->path ? "unknown migration tool in \"%s\", the value of %s" :
										 "invalid value \"%s\" for %s",
					text, source);
	if (set->tool == NULL && strcmp(set->path, "-") == 0)
		set->path = input;
	else
		check_path(set->path, source);
	if (set->tool == NULL)
		read_list(set->path, source, &set->expected);
	else
		read_tool_set(set, source);
	free(name);
}
