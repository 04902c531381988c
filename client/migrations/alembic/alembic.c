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
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "common/string.h"
#include "migrations/alembic/alembic.h"
#include "migrations/alembic/alembic_config.h"
#include "migrations/alembic/python_module.h"
#include "migrations/alembic/revisions.h"
#include "port.h"
#include "pqexpbuffer.h"

/* No revision has so many bytes, and no set so many revisions. */
#define MAX_FILE_SIZE (16 * 1024 * 1024)
#define MAX_REVISIONS 50000

/* As the kernel has it. */
#define MAX_LINKS 40

#define HINT "Mend it, or name the heads with --expect-head instead."

static const char *named_by;	/* the option or variable with the path */

static _Noreturn void refuse(const char *fmt, ...) pg_attribute_printf(1, 2);

static void
refuse(const char *fmt, ...)
{
	char	   *message;
	va_list		args;

	va_start(args, fmt);
	message = format_args(fmt, args);
	va_end(args);
	log_event(LOG_ERROR, psprintf("The migration set is named by %s.", named_by), HINT, "%s",
			  message);
	exit(EXIT_USAGE);
}

void
alembic_config_error(const AlembicConfig *config, int line, const char *fmt, ...)
{
	char	   *message;
	va_list		args;

	va_start(args, fmt);
	message = format_args(fmt, args);
	va_end(args);
	if (line > 0)
		refuse("%s:%d: %s", config->path, line, message);
	refuse("%s: %s", config->path, message);
}

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

static char *
read_file(const char *path, size_t *len)
{
	const char *why;
	char	   *text = read_whole_file(path, MAX_FILE_SIZE, len, &why);

	if (text == NULL)
		refuse("could not read \"%s\": %s", path, why);
	return text;
}

/*
 * Make a list of a value: None is no item, a string one.
 */
static void
take_list(SimpleStringList *list, const PyValue *value, const char *name, const char *path)
{
	const PyValue *items = value->kind == PY_STR ? value : value->items;
	int			nitems = value->kind == PY_STR ? 1 : value->nitems;

	if (value->kind == PY_UNKNOWN)
		refuse("%s:%d: the value of %s is %s%s", path, value->line, name, value->why,
			   strcmp(value->why, PERHAPS_IMPORTED) == 0 ?
				   "; an assignment below that line, such as \"depends_on = None\", tells" :
				   "");
	for (int i = 0; i < nitems; i++)
	{
		if (items[i].kind == PY_UNKNOWN)
			refuse("%s:%d: the value of %s is %s", path, items[i].line, name, items[i].why);
		if (items[i].kind != PY_STR)
			refuse("%s:%d: %s is neither None nor a string nor a sequence of strings", path,
				   value->line, name);
		simple_string_list_append(list, items[i].string);
	}
}

static bool
is_known(const PyValue *value)
{
	for (int i = 0; i < value->nitems; i++)
	{
		if (!is_known(&value->items[i]))
			return false;
	}
	return value->kind != PY_UNKNOWN;
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

static void
read_script(Revisions *revisions, const char *path)
{
	PyVariable	variables[] = {{"revision"}, {"down_revision"}, {"depends_on"}, {"branch_labels"}};
	const PyValue *id = &variables[0].value;
	PyError		error;
	size_t		len;
	char	   *text = read_file(path, &len);
	Revision   *revision;

	if (!py_read_module(text, len, variables, lengthof(variables), &error))
		refuse("%s:%d: %s", path, error.line, error.message);
	revision = add_revision(revisions);
	revision->path = pg_strdup(path);
	if (id->kind == PY_UNKNOWN)
		refuse("%s:%d: the value of revision is %s", path, id->line, id->why);
	if (id->kind != PY_UNSET && (id->kind != PY_STR || *id->string == '\0'))
		refuse("%s:%d: revision is not a string", path, id->line);
	revision->id = id->kind == PY_STR ? id->string : legacy_identifier(path);
	if (variables[1].value.kind == PY_UNSET)
		refuse("%s: nothing is assigned to \"down_revision\"", path);
	take_list(&revision->down, &variables[1].value, "down_revision", path);
	take_list(&revision->depends_on, &variables[2].value, "depends_on", path);
	/* labels matter only if a depends_on names one */
	if (is_known(&variables[3].value))
		take_list(&revision->labels, &variables[3].value, "branch_labels", path);
	else
		revision->labels_line = variables[3].value.line;
	free(text);
}

static bool
is_script_name(const char *name)
{
	return pg_str_endswith(name, ".py") && strncmp(name, ".#", 2) != 0 &&
		strncmp(name, "__init__", 8) != 0;
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
 * Read a file of a folder, unless its name says that it is no script.  The
 * name is that of the file itself, not that of a link to it; editors leave
 * links that lead nowhere.
 */
static void
read_entry(Revisions *revisions, const char *path, bool resolved, SimpleStringList *seen)
{
	char		buffer[PATH_MAX];
	const char *real = resolved ? path : realpath(path, buffer);

	if (real == NULL)
	{
		int			save_errno = errno;

		follow_link(path, buffer);
		if (!is_script_name(last_dir_separator(buffer) ? last_dir_separator(buffer) + 1 : buffer))
			return;
		errno = save_errno;
		refuse("could not resolve \"%s\": %m", path);
	}
	if (!is_script_name(strrchr(real, '/') + 1))
		return;
	if (simple_string_list_member(seen, real))
		return;
	if (revisions->count == MAX_REVISIONS)
		refuse("there are more than %d revisions", MAX_REVISIONS);
	simple_string_list_append(seen, real);
	read_script(revisions, real);
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/*
 * The folder is resolved once, and so is each file in it that is no link.
 */
static void
read_directory(Revisions *revisions, const char *dir, bool recursive, SimpleStringList *seen)
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
		bool		is_file = entries[i]->d_type == DT_REG;

		if (is_file || !is_directory(path))
			read_entry(revisions, path, is_file, seen);
		else if (recursive && !is_link(path) && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
				 !pg_str_endswith(name, "__pycache__"))
			read_directory(revisions, path, recursive, seen);
		free(path);
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

		if (is_directory(path))
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

	if (is_directory(psprintf("%s/versions", folder)))
		refuse("%s: there is no script_location; as for Flask-Migrate, name the folder instead: "
			   "\"%s\"",
			   config->path, folder);
	refuse("%s: there is no script_location in section [alembic]", config->path);
}

static bool
has_scripts(const char *folder)
{
	struct dirent **entries;
	int			count = scandir(folder, &entries, NULL, alphasort);
	bool		found = false;

	for (int i = 0; i < count; i++)
	{
		found = found || is_script_name(entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return found;
}

/*
 * Say where was looked, and what is below.
 */
static _Noreturn void
refuse_empty(const char *path, const SimpleStringList *looked_at, bool recursive)
{
	PQExpBufferData where;

	initPQExpBuffer(&where);
	for (const SimpleStringListCell *cell = looked_at->head; cell; cell = cell->next)
		appendPQExpBuffer(&where, "%s\"%s\"", where.len > 0 ? ", " : "", cell->val);
	for (const SimpleStringListCell *cell = looked_at->head; cell && !recursive; cell = cell->next)
	{
		struct dirent **entries;
		int			count = scandir(cell->val, &entries, NULL, alphasort);

		for (int i = 0; i < count; i++)
		{
			char	   *below = psprintf("%s/%s", cell->val, entries[i]->d_name);

			if (entries[i]->d_name[0] != '.' && is_directory(below) && has_scripts(below))
				refuse("%s: there is no revision in %s, but in folders below, such as \"%s\": set "
					   "recursive_version_locations, or name that folder",
					   path, where.data, below);
		}
	}
	refuse("%s: there is no revision in %s", path, where.data);
}

/*
 * A relative path leads elsewhere from elsewhere.
 */
static _Noreturn void
refuse_missing_folder(const AlembicConfig *config)
{
	const char *folder = config->version_locations.head->val;
	char		here[PATH_MAX];

	if (*folder == '/' || getcwd(here, sizeof(here)) == NULL)
		refuse("%s: folder \"%s\" does not exist", config->path, folder);
	refuse("%s: folder \"%s\" does not exist in the current directory, \"%s\"; \"%%(here)s\" is "
		   "that of the file",
		   config->path, folder, here);
}

/*
 * Read the revisions that a configuration leads to.
 */
static void
read_locations(AlembicConfig *config, Revisions *revisions, SimpleStringList *looked_at)
{
	SimpleStringList seen = {NULL, NULL};
	bool		found = false;

	if (config->script_location == NULL)
		refuse_without_location(config);
	if (config->sourceless)
		refuse("%s: sourceless is set: revisions that are compiled only cannot be read without "
			   "Python",
			   config->path);
	if (config->version_locations.head == NULL)
		simple_string_list_append(&config->version_locations,
								  psprintf("%s/versions",
										   find_location(config, config->script_location)));
	for (SimpleStringListCell *cell = config->version_locations.head; cell; cell = cell->next)
	{
		char	   *dir = find_location(config, cell->val);

		if (!is_directory(dir))
			continue;			/* as Alembic does */
		found = true;
		simple_string_list_append(looked_at, dir);
		read_directory(revisions, dir, config->recursive, &seen);
	}
	if (!found)
		refuse_missing_folder(config);
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
	SimpleStringList seen = {NULL, NULL};
	SimpleStringList looked_at = {NULL, NULL};
	Revisions	set = {NULL};
	size_t		len;

	named_by = source;
	if (is_directory(path))
	{
		char	   *versions = psprintf("%s/versions", path);

		simple_string_list_append(&looked_at, is_directory(versions) ? versions : path);
		read_directory(&set, looked_at.head->val, false, &seen);
	}
	else
	{
		char	   *text = pg_strdup(read_file(path, &len));

		if (!is_config(path, text))
			return;
		if (pg_str_endswith(path, ".toml"))
			read_alembic_toml(&config, text);
		else
			read_alembic_ini(&config, text);
		read_locations(&config, &set, &looked_at);
	}
	if (set.count == 0)
		refuse_empty(path, &looked_at, config.recursive);
	if (!resolve_revisions(&set))
		exit(EXIT_USAGE);
	for (int i = 0; i < set.count; i++)
	{
		simple_string_list_append(revisions, set.items[i].id);
		if (!set.items[i].followed)
			simple_string_list_append(heads, set.items[i].id);
	}
}
