/*-------------------------------------------------------------------------
 *
 * alembic_config.c
 *		Where Alembic's configuration says that the revisions are.
 *
 * alembic.ini is read as Python's configparser does; see "Supported INI File
 * Structure" and "Interpolation of values" in its manual.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "common/string.h"
#include "migrations/alembic/alembic.h"
#include "port.h"
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

/*
 * The folder of the configuration file, for "%(here)s".
 */
char *
alembic_here(const AlembicConfig *config)
{
	char	   *here = make_absolute_path(config->path);

	if (here == NULL)
		exit(EXIT_USAGE);		/* it has said why */
	get_parent_directory(here);
	return here;
}

static Setting *
find_setting(const AlembicConfig *config, const char *name, bool is_default)
{
	Setting    *setting = config->settings;

	while (setting && (setting->is_default != is_default || strcmp(setting->name, name) != 0))
		setting = setting->next;
	return setting;
}

static char *
lower(char *name)
{
	for (char *c = name; *c; c++)
		*c = pg_tolower(*c);
	return name;
}

/*
 * Take a setting.  One of a section of defaults counts if the other has none.
 */
void
add_setting(AlembicConfig *config, const char *name, const char *value, bool is_default, int line)
{
	Setting    *setting = pg_malloc0(sizeof(Setting));

	if (find_setting(config, name, is_default))
		refuse("%s:%d: key \"%s\" is given twice", config->path, line, name);
	setting->name = pg_strdup(name);
	initPQExpBuffer(&setting->value);
	appendPQExpBufferStr(&setting->value, value);
	setting->is_default = is_default;
	setting->line = line;
	setting->next = config->settings;
	config->settings = setting;
}

/*
 * Take the settings of the sections that count.  A value goes on in lines that are
 * indented further than its key.
 */
static void
read_alembic_ini(AlembicConfig *config, char *text)
{
	Setting    *open = NULL;	/* the last one, if it is wanted */
	bool		goes_on = false;	/* its value may, in the next line */
	size_t		pair_indent = 0;
	bool		in_section = false;
	bool		wanted = false;
	bool		is_default = false;
	char	   *line;

	for (int number = 1; (line = strsep(&text, "\n")) != NULL; number++)
	{
		size_t		indent = strspn(line, " \t");
		char	   *value;

		line = strip_blanks(line);
		value = line + strcspn(line, "=:");
		if (*line == '#' || *line == ';')
			continue;
		if (*line == '\0' || (goes_on && indent > pair_indent))
		{
			if (open)
				appendPQExpBuffer(&open->value, "\n%s", line);
			continue;
		}
		open = NULL;
		pair_indent = indent;
		goes_on = *line != '[' || !strchr(line, ']');
		if (!goes_on)
		{
			*strrchr(line, ']') = '\0';
			is_default = strcmp(line + 1, "DEFAULT") == 0;
			wanted = is_default || strcmp(line + 1, "alembic") == 0;
			in_section = true;
		}
		else if (!in_section)
			refuse("%s:%d: text before the first section", config->path, number);
		else if (wanted && *value == '\0')
			refuse("%s:%d: neither a section nor \"key = value\"", config->path, number);
		else if (wanted)
		{
			*value++ = '\0';
			add_setting(config, lower(strip_blanks(line)), strip_blanks(value), is_default, number);
			open = config->settings;
		}
	}
}

/*
 * The value of a setting, or NULL.  In it "%(name)s" stands for that of another one, and
 * "%%" for "%".  In TOML only "here" may be referred to.
 */
static char *
get_setting(AlembicConfig *config, const char *name, int depth)
{
	const Setting *setting = find_setting(config, name, false);
	PQExpBufferData result;

	if (setting == NULL)
		setting = find_setting(config, name, true);
	if (setting == NULL || (config->is_toml && depth > 0))
		return NULL;
	if (++config->references > MAX_REFERENCES)
		refuse("%s:%d: too many references of values to others", config->path, setting->line);
	if (depth > MAX_DEPTH)
		refuse("%s:%d: \"%s\" refers to itself", config->path, setting->line, name);
	initPQExpBuffer(&result);
	for (const char *s = setting->value.data; *s; s++)
	{
		const char *close = strncmp(s, "%(", 2) == 0 ? strstr(s, ")s") : NULL;
		char	   *other;
		char	   *value;

		if (*s == '%' && s[1] != '%' && close == NULL)
			refuse("%s:%d: \"%%\" in \"%s\" must be followed by \"%%\" or \"(name)s\"",
				   config->path, setting->line, setting->name);
		if (close == NULL)
		{
			appendPQExpBufferChar(&result, *s);
			s += *s == '%';
			continue;
		}
		other = lower(pnstrdup(s + 2, close - s - 2));
		value = strcmp(other, "here") == 0 ? alembic_here(config) :
											 get_setting(config, other, depth + 1);
		if (value == NULL)
			refuse("%s:%d: \"%s\" refers to \"%s\", which is not set", config->path, setting->line,
				   setting->name, other);
		appendPQExpBufferStr(&result, value);
		s = close + 1;
	}
	return strip_blanks(result.data);
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
