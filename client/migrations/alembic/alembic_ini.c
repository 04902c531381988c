/*-------------------------------------------------------------------------
 *
 * alembic_ini.c
 *		Read alembic.ini as Python's configparser does.
 *
 * See "Supported INI File Structure" in the manual of configparser: a value
 * goes on in lines that are indented further than its key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "migrations/alembic/alembic_config.h"

/*
 * "key = value" or "key: value".
 */
static void
read_pair(AlembicConfig *config, char *text, bool is_default, int line)
{
	char	   *name = text;
	char	   *value = text + strcspn(text, "=:");

	if (*value == '\0')
		refuse("%s:%d: neither a section nor \"key = value\"", config->path, line);
	*value++ = '\0';
	name = strip_blanks(name);
	for (char *c = name; *c; c++)
		*c = pg_tolower(*c);
	add_setting(config, name, strip_blanks(value), is_default, line);
}

/*
 * Take the settings of the sections that count.
 */
void
read_alembic_ini(AlembicConfig *config, char *text)
{
	bool		goes_on = false;	/* a value may, in the next line */
	size_t		pair_indent = 0;
	bool		in_section = false;
	bool		wanted = false;
	bool		is_default = false;
	char	   *line;

	for (int number = 1; (line = strsep(&text, "\n")) != NULL; number++)
	{
		size_t		indent = strspn(line, " \t");

		line = strip_blanks(line);
		if (*line == '#' || *line == ';')
			continue;
		if (*line == '\0' || (goes_on && indent > pair_indent))
		{
			if (goes_on)
				continue_setting(config, line);
			continue;
		}
		goes_on = false;
		pair_indent = indent;
		if (*line == '[' && strchr(line, ']'))
		{
			*strrchr(line, ']') = '\0';
			is_default = strcmp(line + 1, "DEFAULT") == 0;
			wanted = is_default || strcmp(line + 1, "alembic") == 0;
			in_section = true;
		}
		else if (!in_section)
			refuse("%s:%d: text before the first section", config->path, number);
		else if (wanted)
		{
			read_pair(config, line, is_default, number);
			goes_on = true;
		}
	}
}
