/*-------------------------------------------------------------------------
 *
 * alembic_toml.c
 *		Read the table [tool.alembic] of a pyproject.toml.
 *
 * The whole file is read by the grammar of TOML 1.0, so that nothing within a
 * string or another table is taken for ours; of scalars other than strings
 * only the end is looked for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "mb/pg_wchar.h"
#include "migrations/alembic/alembic_config.h"
#include "pqexpbuffer.h"

/* Far more than any file has. */
#define MAX_DEPTH 100

#define PREFIX "tool.alembic."

typedef struct Toml
{
	AlembicConfig *config;
	const char *next;
	int			line;
	int			depth;			/* of brackets */
} Toml;

static void read_value(Toml *toml, const char *path);

/*
 * Skip blanks, and, where they mean nothing, line ends and comments.
 */
static void
skip(Toml *toml, bool lines)
{
	for (;;)
	{
		toml->next += strspn(toml->next, lines ? " \t\r" : " \t");
		if (!lines)
			return;
		if (*toml->next == '#')
			toml->next += strcspn(toml->next, "\n");
		if (*toml->next != '\n')
			return;
		toml->next++;
		toml->line++;
	}
}

static void
expect(Toml *toml, char c)
{
	if (*toml->next != c)
		alembic_config_error(toml->config, toml->line, "\"%c\" expected", c);
	toml->next++;
}

/*
 * Append what an escape in a basic string stands for.
 */
static void
read_escape(Toml *toml, PQExpBuffer to)
{
	static const char simple[] = "btnfr\"\\e";
	static const char meaning[] = "\b\t\n\f\r\"\\\033";
	char		c = *toml->next;
	const char *found = c ? strchr(simple, c) : NULL;
	int			digits = c == 'u' ? 4 : c == 'U' ? 8 :
										   0;
	char		hex[9];

	if (found)
		appendPQExpBufferChar(to, meaning[found - simple]);
	else if (digits && strspn(toml->next + 1, "0123456789abcdefABCDEF") >= digits)
	{
		unsigned char utf8[5] = {0};

		strlcpy(hex, toml->next + 1, digits + 1);
		unicode_to_utf8(strtoul(hex, NULL, 16), utf8);
		appendPQExpBufferStr(to, (char *) utf8);
		toml->next += digits;
	}
	else if (c == '\n' || c == ' ' || c == '\t' || c == '\r')
	{
		/* a backslash at the end of a line takes the blanks with it */
		skip(toml, true);
		return;
	}
	else
		alembic_config_error(toml->config, toml->line, "invalid escape in a string");
	toml->next++;
}

/*
 * Whether three quotes are here, and not more: then it is the last three that
 * count.
 */
static bool
ends_triple(const char *s)
{
	return s[1] == *s && s[2] == *s && s[3] != *s;
}

/*
 * Read a string of any of the four kinds.
 */
static char *
read_string(Toml *toml)
{
	PQExpBufferData text;
	char		quote = *toml->next;
	int			line = toml->line;
	int			quotes = toml->next[1] == quote && toml->next[2] == quote ? 3 : 1;

	initPQExpBuffer(&text);
	toml->next += quotes;
	if (quotes == 3 && *toml->next == '\r')
		toml->next++;
	if (quotes == 3 && *toml->next == '\n')
	{
		toml->next++;
		toml->line++;
	}
	for (;;)
	{
		char		c = *toml->next;

		if (c == '\0' || (c == '\n' && quotes == 1))
			alembic_config_error(toml->config, line, "unterminated string");
		if (c == quote && (quotes == 1 || ends_triple(toml->next)))
			break;
		toml->next++;
		if (c == '\n')
			toml->line++;
		if (c == '\\' && quote == '"')
			read_escape(toml, &text);
		else
			appendPQExpBufferChar(&text, c);
	}
	toml->next += quotes;
	return text.data;
}

/*
 * Read a dotted key, and append it to the path of its table.
 */
static char *
read_key(Toml *toml, const char *table)
{
	PQExpBufferData path;

	initPQExpBuffer(&path);
	appendPQExpBufferStr(&path, table);
	do
	{
		skip(toml, false);
		if (*toml->next == '"' || *toml->next == '\'')
			appendPQExpBufferStr(&path, read_string(toml));
		else
		{
			int			len = strspn(toml->next,
							 "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

			if (len == 0)
				alembic_config_error(toml->config, toml->line, "a key was expected");
			appendBinaryPQExpBuffer(&path, toml->next, len);
			toml->next += len;
		}
		appendPQExpBufferChar(&path, '.');
		skip(toml, false);
	} while (*toml->next == '.' && toml->next++);
	return path.data;
}

static void
read_pair(Toml *toml, const char *table)
{
	char	   *path = read_key(toml, table);

	expect(toml, '=');
	skip(toml, false);
	path[strlen(path) - 1] = '\0';
	read_value(toml, path);
	free(path);
}

/*
 * Replace "%(here)s" and "%%", as Python's operator % does.
 */
static char *
interpolate(Toml *toml, const char *value)
{
	static const char here[] = "%(here)s";
	PQExpBufferData result;

	initPQExpBuffer(&result);
	for (const char *s = value; *s; s++)
	{
		if (*s != '%')
			appendPQExpBufferChar(&result, *s);
		else if (s[1] == '%')
			appendPQExpBufferChar(&result, *s++);
		else if (strncmp(s, here, strlen(here)) == 0)
		{
			appendPQExpBufferStr(&result, alembic_here(toml->config));
			s += strlen(here) - 1;
		}
		else
			alembic_config_error(toml->config, toml->line,
								 "\"%%\" must be followed by \"%%\" or \"(here)s\"");
	}
	return result.data;
}

/*
 * Take note of a string, whose path tells what it is.
 */
static void
note_string(Toml *toml, const char *path, const char *value)
{
	AlembicConfig *config = toml->config;

	if (strcmp(path, PREFIX "script_location") == 0)
		config->script_location = interpolate(toml, value);
	else if (strcmp(path, PREFIX "version_locations[]") == 0)
		simple_string_list_append(&config->version_locations, interpolate(toml, value));
	else if (strcmp(path, PREFIX "prepend_sys_path[]") == 0)
		simple_string_list_append(&config->sys_path, interpolate(toml, value));
}

static void
note_other(Toml *toml, const char *path, const char *start, int len)
{
	bool		is_true = len == 4 && strncmp(start, "true", 4) == 0;

	if (strcmp(path, PREFIX "recursive_version_locations") == 0)
		toml->config->recursive = is_true;
	else if (strcmp(path, PREFIX "sourceless") == 0)
		toml->config->sourceless = is_true;
}

/*
 * Read the elements of an array or, by pairs, of an inline table.
 */
static void
read_elements(Toml *toml, const char *path, char close)
{
	char	   *inner = psprintf(close == ']' ? "%s[]" : "%s.", path);

	if (++toml->depth > MAX_DEPTH)
		alembic_config_error(toml->config, toml->line, "too many nested brackets");
	toml->next++;
	for (;;)
	{
		skip(toml, true);
		if (*toml->next == close)
			break;
		if (close == ']')
			read_value(toml, inner);
		else
			read_pair(toml, inner);
		skip(toml, true);
		if (*toml->next == close)
			break;
		expect(toml, ',');
	}
	toml->depth--;
	toml->next++;
	free(inner);
}

static void
read_value(Toml *toml, const char *path)
{
	const char *start = toml->next;

	if (*start == '"' || *start == '\'')
		note_string(toml, path, read_string(toml));
	else if (*start == '[')
		read_elements(toml, path, ']');
	else if (*start == '{')
		read_elements(toml, path, '}');
	else
	{
		toml->next += strcspn(start, " \t\r\n#,]}");
		if (toml->next == start)
			alembic_config_error(toml->config, toml->line, "a value was expected");
		note_other(toml, path, start, toml->next - start);
	}
}

/*
 * "[table]" or "[[array of tables]]"; the elements of the latter are not ours.
 */
static char *
read_header(Toml *toml)
{
	bool		array = toml->next[1] == '[';
	char	   *table;

	toml->next += array ? 2 : 1;
	table = read_key(toml, "");
	expect(toml, ']');
	if (array)
	{
		expect(toml, ']');
		table = psprintf("[]%s", table);
	}
	return table;
}

void
read_alembic_toml(AlembicConfig *config, const char *text)
{
	Toml		toml = {.config = config, .next = text, .line = 1};
	char	   *table = pg_strdup("");

	for (;;)
	{
		skip(&toml, true);
		if (*toml.next == '\0')
			break;
		if (*toml.next == '[')
			table = read_header(&toml);
		else
			read_pair(&toml, table);
		skip(&toml, false);
		if (*toml.next == '#')
			toml.next += strcspn(toml.next, "\n");
		if (*toml.next == '\r')
			toml.next++;
		if (*toml.next != '\n' && *toml.next != '\0')
			alembic_config_error(config, toml.line, "the end of the line was expected");
	}
}
