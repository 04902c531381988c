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
#include "migrations/alembic/python.h"
#include "migrations/alembic/revisions.h"
#include "port.h"
#include "pqexpbuffer.h"

/* No revision has so many bytes, and no set so many revisions. */
#define MAX_FILE_SIZE (16 * 1024 * 1024)
#define MAX_REVISIONS 50000

/* As the kernel has it. */
#define MAX_LINKS 40

const char *alembic_named_by;

static char *
read_text(const char *path, size_t *len)
{
	const char *why;
	char	   *text = read_whole_file(path, MAX_FILE_SIZE, len, &why);

	if (text == NULL)
		refuse("could not read \"%s\": %s", path, why);
	return text;
}

static _Noreturn void
refuse_value(const char *path, int line, const Literal *value, const char *name)
{
	if (value->kind != LITERAL_UNKNOWN)
		refuse("%s:%d: %s is neither None nor a string nor a sequence of strings", path, line,
			   name);
	refuse("%s:%d: the value of %s is %s%s", path, line, name, value->why,
		   strcmp(value->why, PERHAPS_IMPORTED) == 0 ?
			   "; an assignment below that line, such as \"depends_on = None\", tells" :
			   "");
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

	for (int i = 0; i < nitems; i++)
	{
		if (items[i].kind != LITERAL_STRING)
			return &items[i];
		simple_string_list_append(list, items[i].string);
	}
	return value->kind == LITERAL_UNKNOWN ? value : NULL;
}

/*
 * The identifier of a revision.  That of a file without one is its name, if that is
 * hexadecimal: so were those of Alembic 0.1.
 */
static char *
take_identifier(const Literal *value, const char *path, const char *text)
{
	const char *name = strrchr(path, '/') + 1;
	size_t		len = strspn(name, "abcdef0123456789");

	if (value->kind == LITERAL_UNKNOWN)
		refuse_value(path, line_at(text, value->at), value, "revision");
	if (value->kind == LITERAL_SEQUENCE ||
		(value->kind == LITERAL_STRING && *value->string == '\0'))
		refuse("%s:%d: revision is not a string", path, line_at(text, value->at));
	if (value->kind == LITERAL_UNSET && (len == 0 || strcmp(name + len, ".py") != 0))
		refuse("%s: no revision identifier is assigned to \"revision\"", path);
	return value->kind == LITERAL_STRING ? value->string : pnstrdup(name, len);
}

/*
 * The path is kept.
 */
static void
read_script(Revisions *revisions, const char *path)
{
	Literal		variables[VARIABLES] = {{LITERAL_UNSET}};
	const Literal *wrong;
	const char *error;
	const char *at;
	Revision   *revision;
	char	   *text;
	size_t		len;

	if (revisions->count == MAX_REVISIONS)
		refuse("there are more than %d revisions", MAX_REVISIONS);
	text = read_text(path, &len);
	error = read_python(text, len, variables, &at);
	if (error)
		refuse("%s:%d: %s", path, line_at(text, at), error);
	revision = add_revision(revisions);
	revision->path = path;
	revision->id = take_identifier(&variables[REVISION], path, text);
	if (variables[DOWN_REVISION].kind == LITERAL_UNSET)
		refuse("%s: nothing is assigned to \"down_revision\"", path);
	if ((wrong = take_list(&revision->down, &variables[DOWN_REVISION])) != NULL)
		refuse_value(path, line_at(text, wrong->at), wrong, "down_revision");
	if ((wrong = take_list(&revision->depends_on, &variables[DEPENDS_ON])) != NULL)
		refuse_value(path, line_at(text, wrong->at), wrong, "depends_on");
	/* labels matter only if a depends_on names one */
	if (take_list(&revision->labels, &variables[BRANCH_LABELS]))
		revision->labels_line = line_at(text, variables[BRANCH_LABELS].at);
	free(text);
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
 * Read what a link leads to in the end, unless its name says that it is no script: that
 * of the file itself, not that of the link.  Editors leave links that lead nowhere.
 */
static void
read_link(Revisions *revisions, const char *path)
{
	char		target[PATH_MAX];
	char		next[PATH_MAX];
	int			link_errno = realpath(path, target) ? 0 : errno;
	ssize_t		len;

	if (link_errno)
		strlcpy(target, path, PATH_MAX);
	for (int i = 0; i < MAX_LINKS && (len = readlink(target, next, sizeof(next) - 1)) >= 0; i++)
	{
		next[len] = '\0';
		get_parent_directory(target);
		join_path_components(target, *next == '/' ? "" : target, next);
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
	char	   *relative = pg_strdup(location);
	char	   *folder;

	if (*location == '/' || colon == NULL)
		return relative;
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
 * Find the folders that a configuration leads to.  Those that are missing are
 * left out, as Alembic does, but not all of them.
 */
static void
find_locations(AlembicConfig *config)
{
	SimpleStringList named = config->version_locations;
	char	   *here = alembic_here(config);
	char		current[PATH_MAX];

	/* the command line of Flask knows the folder, which is that of the file */
	if (config->script_location == NULL && is_folder(psprintf("%s/versions", here)))
		refuse("%s: there is no script_location; as for Flask-Migrate, name the folder instead: "
			   "\"%s\"",
			   config->path, here);
	if (config->script_location == NULL)
		refuse("%s: there is no script_location in section [alembic]", config->path);
	if (config->sourceless)
		refuse("%s: sourceless is set: revisions that are compiled only cannot be read without "
			   "Python",
			   config->path);
	if (named.head == NULL)
		simple_string_list_append(
			&named, psprintf("%s/versions", find_location(config, config->script_location)));
	config->version_locations = (SimpleStringList) {NULL, NULL};
	for (SimpleStringListCell *cell = named.head; cell; cell = cell->next)
	{
		char	   *folder = find_location(config, cell->val);

		if (is_folder(folder))
			simple_string_list_append(&config->version_locations, folder);
	}
	if (config->version_locations.head)
		return;
	/* a relative path leads elsewhere from elsewhere */
	/* NOLINTNEXTLINE(*NullDereference): it is the first of those that are named */
	if (*named.head->val == '/' || getcwd(current, sizeof(current)) == NULL)
		refuse("%s: folder \"%s\" does not exist", config->path, named.head->val);
	refuse("%s: folder \"%s\" does not exist in the current directory, \"%s\"; \"%%(here)s\" is "
		   "that of the file",
		   config->path, named.head->val, current);
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
		size_t		len;
		char	   *text = read_text(path, &len);

		if (!is_config(path, text))
			return;
		read_alembic_config(&config, text, len);
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
