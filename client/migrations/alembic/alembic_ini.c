/*-------------------------------------------------------------------------
 *
 * alembic_ini.c
 *		Read alembic.ini as Python's configparser does.
 *
 * See "Supported INI File Structure" in the manual of configparser: a value
 * goes on in lines that are indented further than its key; "%(name)s" stands
 * for another value of the section, "%%" for "%".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/exit_code.h"
#include "base/log.h"
#include "migrations/alembic/alembic_config.h"
#include "pqexpbuffer.h"

/* As configparser.MAX_INTERPOLATION_DEPTH. */
#define MAX_DEPTH 10

/* References in all: each may have several, each of which may have several. */
#define MAX_REFERENCES 1000

/* One value, as written, of [alembic] or [DEFAULT]. */
typedef struct Entry
{
	char	   *key;
	PQExpBufferData value;
	bool		is_default;
	int			line;
	struct Entry *next;
} Entry;

typedef struct Ini
{
	AlembicConfig *config;
	Entry	   *entries;
	int			references;		/* replaced so far */
} Ini;

static char *
strip(char *text)
{
	size_t		len;

	text += strspn(text, " \t\r\f\v\n");
	len = strlen(text);
	while (len > 0 && isspace((unsigned char) text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

static Entry *
find_entry(const Ini *ini, const char *key, bool is_default)
{
	for (Entry *entry = ini->entries; entry; entry = entry->next)
	{
		if (entry->is_default == is_default && strcmp(entry->key, key) == 0)
			return entry;
	}
	return NULL;
}

/*
 * Begin an entry: "key = value" or "key: value".
 */
static Entry *
add_entry(Ini *ini, char *text, bool is_default, int line)
{
	size_t		key_len = strcspn(text, "=:");
	Entry	   *entry;

	if (text[key_len] == '\0')
		alembic_config_error(ini->config, line, "neither a section nor \"key = value\"");
	text[key_len] = '\0';
	entry = pg_malloc0(sizeof(Entry));
	entry->key = strip(text);
	for (char *c = entry->key; *c; c++)
		*c = pg_tolower(*c);
	if (find_entry(ini, entry->key, is_default))
		alembic_config_error(ini->config, line, "key \"%s\" is given twice", entry->key);
	initPQExpBuffer(&entry->value);
	appendPQExpBufferStr(&entry->value, strip(text + key_len + 1));
	entry->is_default = is_default;
	entry->line = line;
	entry->next = ini->entries;
	ini->entries = entry;
	return entry;
}

/*
 * Split the text into the entries of the sections that count.
 */
static void
parse_lines(Ini *ini, char *text)
{
	Entry	   *current = NULL; /* that may go on in the next line */
	size_t		current_indent = 0;
	bool		in_section = false;
	bool		wanted = false;
	bool		is_default = false;
	char	   *line;

	for (int number = 1; (line = strsep(&text, "\n")) != NULL; number++)
	{
		size_t		indent = strspn(line, " \t");
		char	   *stripped = strip(line);

		if (*stripped == '#' || *stripped == ';')
			continue;
		if (*stripped == '\0' || (current && indent > current_indent))
		{
			if (current)
				appendPQExpBuffer(&current->value, "\n%s", stripped);
			continue;
		}
		current = NULL;
		current_indent = indent;
		if (*stripped == '[' && strchr(stripped, ']'))
		{
			*strrchr(stripped, ']') = '\0';
			is_default = strcmp(stripped + 1, "DEFAULT") == 0;
			wanted = is_default || strcmp(stripped + 1, "alembic") == 0;
			in_section = true;
		}
		else if (!in_section)
			alembic_config_error(ini->config, number, "text before the first section");
		else if (wanted)
			current = add_entry(ini, stripped, is_default, number);
	}
}

static char *get_value(Ini *ini, const char *key, int depth);

/*
 * Replace "%(name)s" and "%%".
 */
static char *
interpolate(Ini *ini, const Entry *entry, int depth)
{
	PQExpBufferData result;

	initPQExpBuffer(&result);
	for (const char *s = entry->value.data; *s; s++)
	{
		const char *close;
		char	   *name;
		char	   *value;

		if (*s != '%' || s[1] == '%')
		{
			appendPQExpBufferChar(&result, *s);
			s += *s == '%';
			continue;
		}
		close = s[1] == '(' ? strstr(s, ")s") : NULL;
		if (close == NULL)
			alembic_config_error(ini->config, entry->line,
								 "\"%%\" in \"%s\" must be followed by \"%%\" or \"(name)s\"",
								 entry->key);
		name = psprintf("%.*s", (int) (close - s - 2), s + 2);
		for (char *c = name; *c; c++)
			*c = pg_tolower(*c);
		value = strcmp(name, "here") == 0 ? alembic_here(ini->config) :
											get_value(ini, name, depth + 1);
		if (value == NULL)
			alembic_config_error(ini->config, entry->line,
								 "\"%s\" refers to \"%s\", which is not set", entry->key, name);
		appendPQExpBufferStr(&result, value);
		s = close + 1;
	}
	return strip(result.data);
}

/*
 * The value of a key, or NULL.
 */
static char *
get_value(Ini *ini, const char *key, int depth)
{
	const Entry *entry = find_entry(ini, key, false);

	if (entry == NULL)
		entry = find_entry(ini, key, true);
	if (entry == NULL)
		return NULL;
	if (++ini->references > MAX_REFERENCES)
		alembic_config_error(ini->config, entry->line, "too many references of values to others");
	if (depth > MAX_DEPTH)
		alembic_config_error(ini->config, entry->line, "\"%s\" refers to itself", key);
	return interpolate(ini, entry, depth);
}

/*
 * Split a list of paths.  Without a separator the old rules apply: spaces and
 * commas, and for some colons.
 */
static void
split_paths(Ini *ini, SimpleStringList *paths, char *value, const char *separator,
			const char *old_separators)
{
	const char *separators = old_separators;
	char	   *path;

	if (value == NULL || *value == '\0')
		return;
	if (separator)
	{
		separators = strcmp(separator, "space") == 0 ? " " :
			strcmp(separator, "newline") == 0		 ? "\n" :
			strcmp(separator, "os") == 0			 ? ":" :
			strcmp(separator, ":") == 0				 ? ":" :
			strcmp(separator, ";") == 0				 ? ";" :
													   NULL;
		if (separators == NULL)
			alembic_config_error(ini->config, 0,
								 "path_separator \"%s\" is none of space, newline, os, \":\" and "
								 "\";\"",
								 separator);
	}
	while ((path = strsep(&value, separators)) != NULL)
	{
		path = strip(path);
		if (*path)
			simple_string_list_append(paths, path);
	}
}

static bool
is_true(Ini *ini, const char *key)
{
	const char *value = get_value(ini, key, 0);

	return value && strcmp(value, "true") == 0;
}

void
read_alembic_ini(AlembicConfig *config, char *text)
{
	Ini			ini = {.config = config};
	char	   *separator;
	char	   *version_separator;

	parse_lines(&ini, text);
	separator = get_value(&ini, "path_separator", 0);
	version_separator = separator ? separator : get_value(&ini, "version_path_separator", 0);
	config->script_location = get_value(&ini, "script_location", 0);
	config->recursive = is_true(&ini, "recursive_version_locations");
	config->sourceless = is_true(&ini, "sourceless");
	split_paths(&ini, &config->version_locations, get_value(&ini, "version_locations", 0),
				version_separator, ", ");
	split_paths(&ini, &config->sys_path, get_value(&ini, "prepend_sys_path", 0), separator, ", :");
}
