/*-------------------------------------------------------------------------
 *
 * alembic_config.c
 *		Where Alembic's configuration says that the revisions are.
 *
 * "%(name)s" in a value stands for another value of the section, "%%" for "%"
 * (see "Interpolation of values" in the manual of Python's configparser).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "common/string.h"
#include "migrations/alembic/alembic_config.h"
#include "pqexpbuffer.h"

/* As configparser.MAX_INTERPOLATION_DEPTH. */
#define MAX_DEPTH 10

/* References in all: each may have several, each of which may have several. */
#define MAX_REFERENCES 1000

typedef struct Setting
{
	char	   *name;
	PQExpBufferData value;
	bool		is_default;
	int			line;
	struct Setting *next;
} Setting;

static char *get_setting(AlembicConfig *config, const char *name, int depth);

static Setting *
find_setting(const AlembicConfig *config, const char *name, bool is_default)
{
	Setting    *setting = config->settings;

	while (setting && (setting->is_default != is_default || strcmp(setting->name, name) != 0))
		setting = setting->next;
	return setting;
}

/*
 * Take a setting.  One of a section of defaults counts if the other has none.
 */
void
add_setting(AlembicConfig *config, const char *name, const char *value, bool is_default, int line)
{
	Setting    *setting = find_setting(config, name, is_default);

	if (setting && config->is_toml)
	{
		/* another item of a list */
		appendPQExpBuffer(&setting->value, "\n%s", value);
		return;
	}
	if (setting)
		refuse("%s:%d: key \"%s\" is given twice", config->path, line, name);
	setting = pg_malloc0(sizeof(Setting));
	setting->name = pg_strdup(name);
	initPQExpBuffer(&setting->value);
	appendPQExpBufferStr(&setting->value, value);
	setting->is_default = is_default;
	setting->line = line;
	setting->next = config->settings;
	config->settings = setting;
}

/*
 * Give the last setting another line, if there is one.
 */
void
continue_setting(AlembicConfig *config, const char *line)
{
	if (config->settings)
		appendPQExpBuffer(&config->settings->value, "\n%s", line);
}

static char *
interpolate(AlembicConfig *config, const Setting *setting, int depth)
{
	PQExpBufferData result;

	initPQExpBuffer(&result);
	for (const char *s = setting->value.data; *s; s++)
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
			refuse("%s:%d: \"%%\" in \"%s\" must be followed by \"%%\" or \"(name)s\"",
				   config->path, setting->line, setting->name);
		name = pnstrdup(s + 2, close - s - 2);
		for (char *c = name; *c; c++)
			*c = pg_tolower(*c);
		value = strcmp(name, "here") == 0 ? alembic_here(config) :
											get_setting(config, name, depth + 1);
		if (value == NULL)
			refuse("%s:%d: \"%s\" refers to \"%s\", which is not set", config->path, setting->line,
				   setting->name, name);
		appendPQExpBufferStr(&result, value);
		s = close + 1;
	}
	return strip_blanks(result.data);
}

/*
 * The value of a setting, or NULL.  In TOML none refers to another one.
 */
static char *
get_setting(AlembicConfig *config, const char *name, int depth)
{
	const Setting *setting = find_setting(config, name, false);

	if (setting == NULL)
		setting = find_setting(config, name, true);
	if (setting == NULL || (config->is_toml && depth > 0))
		return NULL;
	if (++config->references > MAX_REFERENCES)
		refuse("%s:%d: too many references of values to others", config->path, setting->line);
	if (depth > MAX_DEPTH)
		refuse("%s:%d: \"%s\" refers to itself", config->path, setting->line, name);
	return interpolate(config, setting, depth);
}

/*
 * Split a list of paths.  Without a separator the old rules apply: spaces and
 * commas, and for some colons.
 */
static void
split_paths(AlembicConfig *config, SimpleStringList *paths, const char *name,
			const char *separator, const char *old_separators)
{
	static const char *const separators[][2] = {
		{"space", " "}, {"newline", "\n"}, {"os", ":"}, {":", ":"}, {";", ";"}};
	char	   *rest = get_setting(config, name, 0);
	const char *found = separator ? NULL : old_separators;
	char	   *path;

	if (rest == NULL || *rest == '\0')
		return;
	for (int i = 0; separator && i < lengthof(separators); i++)
	{
		if (strcmp(separator, separators[i][0]) == 0)
			found = separators[i][1];
	}
	if (found == NULL)
		refuse("%s: path_separator \"%s\" is none of space, newline, os, \":\" and \";\"",
			   config->path, separator);
	while ((path = strsep(&rest, found)) != NULL)
	{
		path = strip_blanks(path);
		if (*path)
			simple_string_list_append(paths, path);
	}
}

static bool
is_true(AlembicConfig *config, const char *name)
{
	const char *value = get_setting(config, name, 0);

	return value && strcmp(value, "true") == 0;
}

/*
 * Read a configuration, whose text has room for a null byte after it and is
 * changed.  Ends the program if it makes no sense.
 */
void
read_alembic_config(AlembicConfig *config, char *text, size_t len)
{
	const char *separator;
	const char *version_separator;

	config->is_toml = pg_str_endswith(config->path, ".toml");
	if (config->is_toml)
		read_alembic_toml(config, text, len);
	else
		read_alembic_ini(config, text);
	separator = config->is_toml ? "newline" : get_setting(config, "path_separator", 0);
	version_separator = separator ? separator : get_setting(config, "version_path_separator", 0);
	config->script_location = get_setting(config, "script_location", 0);
	config->recursive = is_true(config, "recursive_version_locations");
	config->sourceless = is_true(config, "sourceless");
	split_paths(config, &config->version_locations, "version_locations", version_separator, ", ");
	split_paths(config, &config->sys_path, "prepend_sys_path", separator, ", :");
}
