/*-------------------------------------------------------------------------
 *
 * alembic.c
 *		The migration set of Alembic, read without Python.
 *
 * Which files belong to it is what ScriptDirectory says in
 * alembic/script/base.py; what they say is read from their source.  A value
 * that only running a file could tell is an error, never a guess: a replica
 * must not wait for, or migrate to, the wrong heads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "common/file_utils.h"
#include "common/logging.h"
#include "common/string.h"
#include "migrations/alembic/alembic.h"
#include "migrations/alembic/alembic_config.h"
#include "migrations/alembic/python.h"
#include "migrations/alembic/revisions.h"
#include "port.h"

/* No revision has so many bytes, and no set so many revisions. */
#define MAX_FILE_SIZE (16 * 1024 * 1024)
#define MAX_REVISIONS 50000

/* As the kernel has it. */
#define MAX_LINKS 40

const char *alembic_named_by;

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

static void
read_file(PQExpBuffer text, const char *path)
{
	const char *why;

	if (!read_into(text, path, MAX_FILE_SIZE, &why))
		refuse("could not read \"%s\": %s", path, why);
}

/*
 * Make a list of a value: None is no item, a string one.  Returns the literal
 * that is in the way, or NULL.
 */
static const Literal *
take_list(SimpleStringList *list, const Literal *value)
{
	const Literal *items = value->kind == LITERAL_STRING ? value : value->items;
	int			nitems = value->kind == LITERAL_STRING ? 1 : value->nitems;

	if (value->kind == LITERAL_UNKNOWN)
		return value;
	for (int i = 0; i < nitems; i++)
	{
		if (items[i].kind != LITERAL_STRING)
			return &items[i];
		simple_string_list_append(list, items[i].string);
	}
	return NULL;
}

static _Noreturn void
refuse_value(const char *path, const Literal *value, const char *name)
{
	if (value->kind != LITERAL_UNKNOWN)
		refuse("%s:%d: %s is neither None nor a string nor a sequence of strings", path,
			   value->line, name);
	refuse("%s:%d: the value of %s is %s%s", path, value->line, name, value->why,
		   strcmp(value->why, PERHAPS_IMPORTED) == 0 ?
			   "; an assignment below that line, such as \"depends_on = None\", tells" :
			   "");
}

/*
 * The identifier of a file without one is its name, if that is hexadecimal:
 * so were those of Alembic 0.1.
 */
static char *
legacy_identifier(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	size_t		len = strspn(name, "abcdef0123456789");

	if (len == 0 || strcmp(name + len, ".py") != 0)
		refuse("%s: no revision identifier is assigned to \"revision\"", path);
	return pnstrdup(name, len);
}

/*
 * The path is kept.
 */
static void
read_script(Revisions *revisions, const char *path)
{
	Literal		variables[VARIABLES] = {{LITERAL_UNSET}};
	const Literal *id = &variables[REVISION];
	const Literal *wrong;
	const char *error;
	int			line;
	Revision   *revision;
	static PQExpBufferData text;	/* of one file after the other */

	if (revisions->count == MAX_REVISIONS)
		refuse("there are more than %d revisions", MAX_REVISIONS);
	if (text.data == NULL)
		initPQExpBuffer(&text);
	read_file(&text, path);
	error = read_python(text.data, text.len, variables, &line);
	if (error)
		refuse("%s:%d: %s", path, line, error);
	revision = add_revision(revisions);
	revision->path = path;
	if (id->kind == LITERAL_UNKNOWN)
		refuse_value(path, id, "revision");
	if (id->kind == LITERAL_SEQUENCE || (id->kind == LITERAL_STRING && *id->string == '\0'))
		refuse("%s:%d: revision is not a string", path, id->line);
	revision->id = id->kind == LITERAL_STRING ? id->string : legacy_identifier(path);
	if (variables[DOWN_REVISION].kind == LITERAL_UNSET)
		refuse("%s: nothing is assigned to \"down_revision\"", path);
	wrong = take_list(&revision->down, &variables[DOWN_REVISION]);
	if (wrong)
		refuse_value(path, wrong, "down_revision");
	wrong = take_list(&revision->depends_on, &variables[DEPENDS_ON]);
	if (wrong)
		refuse_value(path, wrong, "depends_on");
	/* labels matter only if a depends_on names one */
	if (take_list(&revision->labels, &variables[BRANCH_LABELS]))
		revision->labels_line = variables[BRANCH_LABELS].line;
}

static bool
is_script_name(const char *name)
{
	return pg_str_endswith(name, ".py") && strncmp(name, ".#", 2) != 0 &&
		strncmp(name, "__init__", 8) != 0;
}

static int
is_script_entry(const struct dirent *entry)
{
	return is_script_name(entry->d_name);
}

/*
 * What a link leads to in the end, though there be nothing.
 */
static void
follow_link(const char *path, char *target)
{
	strlcpy(target, path, PATH_MAX);
	for (int i = 0; i < MAX_LINKS; i++)
	{
		char		next[PATH_MAX];
		ssize_t		len = readlink(target, next, sizeof(next) - 1);

		if (len < 0)
			return;
		next[len] = '\0';
		get_parent_directory(target);
		join_path_components(target, *next == '/' ? "" : target, next);
	}
}

/*
 * Read what a link leads to, unless its name says that it is no script: that
 * of the file itself, not that of the link.  Editors leave links that lead
 * nowhere.
 */
static void
read_link(Revisions *revisions, const char *path)
{
	char		target[PATH_MAX];
	int			link_errno = 0;

	if (realpath(path, target) == NULL)
	{
		link_errno = errno;
		follow_link(path, target);
	}
	if (!is_script_name(last_dir_separator(target) ? last_dir_separator(target) + 1 : target))
		return;
	errno = link_errno;
	if (errno)
		refuse("could not resolve \"%s\": %m", path);
	read_script(revisions, pg_strdup(target));
}

/*
 * The folder is resolved once, and so is each file in it that is no link.
 */
static void
read_directory(Revisions *revisions, const char *dir, bool recursive)
{
	struct dirent **entries;
	int			count = scandir(dir, &entries, NULL, alphasort);
	char		real[PATH_MAX];

	if (count < 0 || realpath(dir, real) == NULL)
		refuse("could not read folder \"%s\": %m", dir);
	for (int i = 0; i < count; i++)
	{
		const char *name = entries[i]->d_name;
		char	   *path = psprintf("%s/%s", real, name);
		PGFileType	type = get_dirent_type(path, entries[i], false, PG_LOG_ERROR);

		if (type == PGFILETYPE_LNK && !is_folder(path))
			read_link(revisions, path);
		else if (type != PGFILETYPE_DIR && type != PGFILETYPE_LNK && is_script_name(name))
			read_script(revisions, path);
		else if (type == PGFILETYPE_DIR && recursive && strcmp(name, ".") != 0 &&
				 strcmp(name, "..") != 0 && !pg_str_endswith(name, "__pycache__"))
			read_directory(revisions, path, recursive);
		free(entries[i]);
	}
	free(entries);
}

/*
 * Find the folder that a location names: a path, or "package:folder", which is
 * looked for where Python would, as far as that can be known without it.
 */
static char *
find_location(const AlembicConfig *config, const char *location)
{
	const char *colon = strchr(location, ':');
	char	   *python_path = getenv("PYTHONPATH") ? pg_strdup(getenv("PYTHONPATH")) : NULL;
	SimpleStringList folders = config->sys_path;
	char	   *relative;
	char	   *folder;

	if (*location == '/' || colon == NULL)
		return pg_strdup(location);
	relative = pg_strdup(location);
	for (char *c = relative; *c; c++)
	{
		if (*c == ':' || (*c == '.' && c < relative + (colon - location)))
			*c = '/';
	}
	while ((folder = strsep(&python_path, ":")) != NULL)
		simple_string_list_append(&folders, folder);
	for (SimpleStringListCell *cell = folders.head; cell; cell = cell->next)
	{
		char	   *path = psprintf("%s/%s", *cell->val ? cell->val : ".", relative);

		if (is_folder(path))
			return path;
	}
	refuse("%s: \"%s\" was not found in prepend_sys_path or PYTHONPATH", config->path, location);
}

/*
 * Flask-Migrate's configuration has none: the command line of Flask knows the
 * folder, which is that of the file.
 */
static _Noreturn void
refuse_without_location(const AlembicConfig *config)
{
	char	   *folder = alembic_here(config);

	if (is_folder(psprintf("%s/versions", folder)))
		refuse("%s: there is no script_location; as for Flask-Migrate, name the folder instead: "
			   "\"%s\"",
			   config->path, folder);
	refuse("%s: there is no script_location in section [alembic]", config->path);
}

/*
 * Say where was looked, and what is below.
 */
static _Noreturn void
refuse_empty(const AlembicConfig *config)
{
	PQExpBufferData where;
	struct dirent **entries;

	initPQExpBuffer(&where);
	for (SimpleStringListCell *cell = config->version_locations.head; cell; cell = cell->next)
		appendPQExpBuffer(&where, "%s\"%s\"", where.len > 0 ? ", " : "", cell->val);
	for (SimpleStringListCell *cell = config->version_locations.head; cell; cell = cell->next)
	{
		int			count = scandir(cell->val, &entries, NULL, alphasort);

		for (int i = 0; i < count && !config->recursive; i++)
		{
			char	   *below = psprintf("%s/%s", cell->val, entries[i]->d_name);
			struct dirent **scripts;

			if (entries[i]->d_name[0] != '.' && scandir(below, &scripts, is_script_entry, NULL) > 0)
				refuse("%s: there is no revision in %s, but in folders below, such as \"%s\": set "
					   "recursive_version_locations, or name that folder",
					   config->path, where.data, below);
		}
	}
	refuse("%s: there is no revision in %s", config->path, where.data);
}

/*
 * A relative path leads elsewhere from elsewhere.
 */
static _Noreturn void
refuse_missing_folder(const AlembicConfig *config, const char *folder)
{
	char		here[PATH_MAX];

	/* NOLINTNEXTLINE(*NullDereference): it is the first of those that are named */
	if (*folder == '/' || getcwd(here, sizeof(here)) == NULL)
		refuse("%s: folder \"%s\" does not exist", config->path, folder);
	refuse("%s: folder \"%s\" does not exist in the current directory, \"%s\"; \"%%(here)s\" is "
		   "that of the file",
		   config->path, folder, here);
}

/*
 * Find the folders that a configuration leads to.  Those that are missing are
 * left out, as Alembic does, but not all of them.
 */
static void
find_locations(AlembicConfig *config)
{
	SimpleStringList named = config->version_locations;
	SimpleStringList found = {NULL, NULL};

	if (config->script_location == NULL)
		refuse_without_location(config);
	if (config->sourceless)
		refuse("%s: sourceless is set: revisions that are compiled only cannot be read without "
			   "Python",
			   config->path);
	if (named.head == NULL)
	{
		char	   *folder = find_location(config, config->script_location);

		simple_string_list_append(&named, psprintf("%s/versions", folder));
	}
	for (SimpleStringListCell *cell = named.head; cell; cell = cell->next)
	{
		char	   *folder = find_location(config, cell->val);

		if (is_folder(folder))
			simple_string_list_append(&found, folder);
	}
	if (found.head == NULL)
		refuse_missing_folder(config, named.head->val);
	config->version_locations = found;
}

/*
 * Whether a file is a configuration, by its name or since it begins with the
 * name of a section; else it is a list of heads.
 */
static bool
is_config(const char *path, const char *text)
{
	while (*text == '#' || *text == ';' || isspace((unsigned char) *text))
		text += isspace((unsigned char) *text) ? 1 : strcspn(text, "\n");
	return *text == '[' || pg_str_endswith(path, ".ini") || pg_str_endswith(path, ".toml") ||
		pg_str_endswith(path, ".cfg");
}

/*
 * Read a migration set: a configuration file, a script directory or a folder
 * of versions.  Ends the program if it makes no sense.  Of a file that is no
 * configuration nothing is read.
 */
void
read_alembic(const char *path, const char *source, SimpleStringList *heads,
			 SimpleStringList *revisions)
{
	AlembicConfig config = {.path = path};
	Revisions	set = {NULL};

	alembic_named_by = psprintf("The migration set is named by %s.", source);
	if (is_folder(path))
	{
		char	   *versions = psprintf("%s/versions", path);

		simple_string_list_append(&config.version_locations, is_folder(versions) ? versions : path);
	}
	else
	{
		PQExpBufferData text;

		initPQExpBuffer(&text);
		read_file(&text, path);
		if (!is_config(path, text.data))
			return;
		read_alembic_config(&config, text.data, text.len);
		find_locations(&config);
	}
	for (SimpleStringListCell *cell = config.version_locations.head; cell; cell = cell->next)
		read_directory(&set, cell->val, config.recursive);
	if (set.count == 0)
		refuse_empty(&config);
	resolve_revisions(&set);
	for (int i = 0; i < set.count; i++)
	{
		simple_string_list_append(revisions, set.items[i].id);
		if (!set.items[i].followed)
			simple_string_list_append(heads, set.items[i].id);
	}
}
