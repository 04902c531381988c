/*-------------------------------------------------------------------------
 *
 * file_names.c
 *		The versions that the names in a folder tell.
 *
 * Most tools number or name their migrations by their files, and record just
 * that: which names count, and what is recorded, is a row of the table of tools.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <dirent.h>
#include <regex.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "migrations/migration_set.h"
#include "pqexpbuffer.h"
#include "shared/head_judge.h"

#define MAX_GROUPS 10
#define NUMBER_FIRST "^([0-9]+)"
#define MAX_VERSIONS 20000
#define MAX_DEPTH 50
#define MAX_FOLDERS 5000
#define MAX_PLAN_SIZE (16 * 1024 * 1024)

typedef struct Reading
{
	const MigrationTool *tool;
	const char *source;
	regex_t		names;
	regex_t		but_not;
	regex_t		maybe;
	char	   *owner;			/* or NULL */
	bool		is_below;		/* in a folder below that the tool may take or not */
	SimpleStringList *versions;
	SimpleStringList *asides;
	int			count;
	int			folders;
} Reading;

/* A folder that is read, and the one that it is in. */
typedef struct Folder
{
	dev_t		dev;
	ino_t		ino;
	const struct Folder *above;
	int			depth;
} Folder;

static void
compile(regex_t *regex, const char *pattern)
{
	if (pattern && regcomp(regex, pattern, REG_EXTENDED) != 0)
	{
		log_error("invalid pattern \"%s\" in the table of migration tools", pattern);
		exit(EXIT_FAILURE);
	}
}

/*
 * What the tool records of a name.
 */
static char *
make_version(const NameRule *rule, const char *name, const regmatch_t *groups)
{
	PQExpBufferData version;
	char	   *number;

	initPQExpBuffer(&version);
	for (const char *c = rule->version; *c; c++)
	{
		if (*c == '\\' && isdigit((unsigned char) c[1]))
		{
			const regmatch_t *group = &groups[*++c - '0'];

			if (group->rm_so >= 0)
				appendBinaryPQExpBuffer(&version, name + group->rm_so, group->rm_eo - group->rm_so);
		}
		else
			appendPQExpBufferChar(&version, *c);
	}
	if (rule->flags & (AS_DOTTED | WITHOUT_DASHES))
	{
		char	   *to = version.data;

		for (const char *c = version.data; *c; c++)
		{
			if (*c != '-' || !(rule->flags & WITHOUT_DASHES))
				*to++ = *c == '_' && (rule->flags & AS_DOTTED) ? '.' : *c;
		}
		*to = '\0';
	}
	number = version.data;
	while ((rule->flags & AS_NUMBER) && number[0] == '0' && number[1] != '\0')
		number++;
	return number;
}

/*
 * Read a file whose lines are of interest.
 */
static char *
read_text(const Reading *reading, const char *path)
{
	size_t		len;
	const char *why;
	char	   *text = read_whole_file(path, MAX_PLAN_SIZE, &len, &why);

	if (text == NULL)
		refuse_migration_set(reading->source, "could not read \"%s\": %s", path, why);
	return text;
}

/*
 * Whether a comment says so, of those that a file begins with.
 */
static bool
is_aside(const Reading *reading, const char *path)
{
	const char *comment = reading->tool->rule.aside;
	bool		found = false;
	char	   *text;
	char	   *next;
	char	   *line;

	if (comment == NULL)
		return false;
	next = text = read_text(reading, path);
	while (!found && (line = strsep(&next, "\n")) != NULL && strncmp(line, "--", 2) == 0)
		found = strncmp(line, comment, strlen(comment)) == 0;
	free(text);
	return found;
}

/*
 * Look for the groups in a name.  Where the only one is the number that names begin with
 * there is no need to, which is much faster.
 */
static bool
match(Reading *reading, const char *name, regmatch_t *groups, int flags)
{
	const NameRule *rule = &reading->tool->rule;
	bool		number_first = strncmp(rule->names, NUMBER_FIRST, strlen(NUMBER_FIRST)) == 0 &&
		strcmp(rule->version, "\\1") == 0 && !rule->lines_of;

	if (regexec(&reading->names, name, number_first ? 0 : MAX_GROUPS, groups, flags) != 0)
		return false;
	if (number_first)
	{
		groups[0] = (regmatch_t) {0, strlen(name)};
		groups[1] = (regmatch_t) {0, strspn(name, "0123456789")};
	}
	return true;
}

static void
add_version(Reading *reading, const char *path, const char *version)
{
	if (reading->is_below)
		refuse_migration_set(reading->source,
							 "%s: whether %s looks into folders below is told by its configuration alone",
							 path, reading->tool->title);
	if (++reading->count > MAX_VERSIONS)
		refuse_migration_set(reading->source, "%s: there are more than %d migrations", path,
							 MAX_VERSIONS);
	simple_string_list_append(is_aside(reading, path) ? reading->asides : reading->versions,
							  version);
}

static void
take_version(Reading *reading, const char *path, const char *text, const regmatch_t *groups)
{
	const NameRule *rule = &reading->tool->rule;
	char	   *version = make_version(rule, text, groups);

	if (version[0] == '\0')
		refuse_migration_set(reading->source, "%s: the name tells no version", path);
	if ((rule->flags & AS_NUMBER) && strlen(version) > 20)
		refuse_migration_set(reading->source, "%s: version %s is no number of 64 bits", path,
							 version);
	if (reading->owner)
		version = psprintf("%s:%s", reading->owner, version);
	add_version(reading, path, version);
}

/*
 * Take the versions that are in a file, or that of its name if what is in it says so.
 */
static void
take_module(Reading *reading, const char *path, const char *name, const regmatch_t *groups)
{
	char	   *text = read_text(reading, path);
	SimpleStringList versions = {NULL, NULL};
	bool		counts;
	const char *unclear = reading->tool->rule.module(name, text, &versions, &counts);

	if (unclear)
		refuse_migration_set(reading->source, "%s: %s", path, unclear);
	for (SimpleStringListCell *cell = versions.head; cell; cell = cell->next)
		add_version(reading, path, cell->val);
	if (counts)
		take_version(reading, path, name, groups);
	simple_string_list_destroy(&versions);
	free(text);
}

/*
 * Take the version that a name tells, if it does.  Returns where in the name
 * that ends, or NULL.
 */
static const char *
take_name(Reading *reading, const char *path, const char *name, int flags)
{
	const NameRule *rule = &reading->tool->rule;
	regmatch_t	groups[MAX_GROUPS];

	if (rule->maybe && regexec(&reading->maybe, name, 0, NULL, 0) == 0)
		refuse_migration_set(reading->source,
							 "%s: whether %s takes this file is told by its configuration alone",
							 path, reading->tool->title);
	if (!match(reading, name, groups, flags) ||
		(rule->but_not && regexec(&reading->but_not, name, 0, NULL, 0) == 0))
		return NULL;
	if (rule->module)
		take_module(reading, path, name, groups);
	else if (!reading->is_below || isdigit((unsigned char) *name))
		take_version(reading, path, name, groups);
	return name + groups[0].rm_eo;
}

/*
 * Whether the tool looks, or may look, into a folder.  Kubernetes mounts a volume as links
 * into a hidden folder beside them.
 */
static bool
is_looked_into(const Reading *reading, const char *name)
{
	return (reading->tool->rule.flags & (NAMES_BELOW | MAYBE_BELOW)) && name[0] != '.' &&
		strcmp(name, "node_modules") != 0;
}

/*
 * Enter a folder, unless it is a link to one that it is in.
 */
static bool
enter_folder(Reading *reading, const char *path, const Folder *above, Folder *folder)
{
	struct stat status;

	if (stat(path, &status) != 0)
		refuse_migration_set(reading->source, "could not read folder \"%s\": %m", path);
	for (const Folder *f = above; f; f = f->above)
	{
		if (f->dev == status.st_dev && f->ino == status.st_ino)
			return false;
	}
	*folder = (Folder) {status.st_dev, status.st_ino, above, above ? above->depth + 1 : 0};
	if (folder->depth > MAX_DEPTH)
		refuse_migration_set(reading->source, "%s: folders are nested too deeply", path);
	if (++reading->folders > MAX_FOLDERS)
		refuse_migration_set(reading->source, "%s: there are more than %d folders", path,
							 MAX_FOLDERS);
	return true;
}

static void
read_folder(Reading *reading, const char *folder, const Folder *above)
{
	const NameRule *rule = &reading->tool->rule;
	Folder		this;
	struct dirent **entries;
	int			count;

	if (!enter_folder(reading, folder, above, &this))
		return;
	count = scandir(folder, &entries, NULL, alphasort);
	if (count < 0)
		refuse_migration_set(reading->source, "could not read folder \"%s\": %m", folder);
	for (int i = 0; i < count; i++)
	{
		const char *name = entries[i]->d_name;
		char	   *path = psprintf("%s/%s", folder, name);

		reading->is_below = above && (rule->flags & MAYBE_BELOW);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		{
			unsigned char type = entries[i]->d_type;
			bool		is_inner = type == DT_DIR ||
				(type != DT_REG && is_folder(path));
			char	   *inside = rule->inside ? psprintf("%s/%s", path, rule->inside) : NULL;
			struct stat status;

			if (inside ? is_inner && stat(inside, &status) == 0 : !is_inner)
				take_name(reading, path, name, 0);
			if (is_inner && is_looked_into(reading, name))
				read_folder(reading, path, &this);
			free(inside);
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
}

/*
 * Look for the line that says whose the others are: the last one counts.
 */
static void
read_owner(Reading *reading, const char *path)
{
	char	   *text = read_text(reading, path);
	char	   *next = text;
	char	   *line;
	regex_t		owner;
	regmatch_t	groups[2];

	compile(&owner, reading->tool->rule.owner);
	while ((line = strsep(&next, "\n")) != NULL)
	{
		if (regexec(&owner, line, lengthof(groups), groups, 0) == 0)
			reading->owner = pnstrdup(line + groups[1].rm_so, groups[1].rm_eo - groups[1].rm_so);
	}
	if (reading->owner == NULL)
		refuse_migration_set(reading->source, "%s: no line names the project", path);
	regfree(&owner);
	free(text);
}

static void
read_lines(Reading *reading, const char *path)
{
	char	   *text = read_text(reading, path);
	char	   *next = text;
	char	   *line;

	if (reading->tool->rule.owner)
		read_owner(reading, path);
	while ((line = strsep(&next, "\n")) != NULL)
	{
		/* a line may have several */
		for (const char *rest = line; rest && *rest;)
			rest = take_name(reading, path, rest, rest == line ? 0 : REG_NOTBOL);
	}
	free(text);
}

/*
 * A version, and what it is compared by.
 */
typedef struct Version
{
	Head		key;
	const char *text;
} Version;

static int
compare_versions(const void *a, const void *b)
{
	int			order = compare_heads(&((const Version *) a)->key, &((const Version *) b)->key);

	return order != 0 ? order : strcmp(((const Version *) a)->text, ((const Version *) b)->text);
}

/*
 * There may be thousands, so not each is compared with each.  1.0 is 1, where the order
 * of the tool says so.
 */
static void
refuse_twice(const Reading *reading, const char *path)
{
	HeadOrder	order = find_word(reading->tool->head_order, head_order_names);
	Version    *sorted = pg_malloc((reading->count + 1) * sizeof(Version));
	int			count = 0;

	for (SimpleStringListCell *cell = reading->versions->head; cell; cell = cell->next)
	{
		Head		head = {cell->val, strlen(cell->val)};

		sorted[count++] = (Version) {head_key(order, &head), cell->val};
	}
	qsort(sorted, count, sizeof(Version), compare_versions);
	for (int i = 1; i < count; i++)
	{
		if (compare_heads(&sorted[i - 1].key, &sorted[i].key) != 0)
			continue;
		if (strcmp(sorted[i - 1].text, sorted[i].text) == 0)
			refuse_migration_set(reading->source, "%s: version %s is there twice", path,
								 sorted[i].text);
		refuse_migration_set(reading->source, "%s: version %s is there twice, also as %s", path,
							 sorted[i - 1].text, sorted[i].text);
	}
	free(sorted);
}

/*
 * As no number is there twice, the greatest tells.
 */
static bool
has_gap(const SimpleStringList *versions, int count)
{
	char	   *last = psprintf("%d", count);
	bool		gap = strcmp(greatest_version(versions, "numeric"), last) != 0 ||
		simple_string_list_member((SimpleStringList *) versions, "0");

	free(last);
	return gap;
}

/*
 * Read the versions of a folder.  Ends the program if they make no sense.
 */
void
read_file_names(const MigrationTool *tool, const char *path, const char *source,
				SimpleStringList *versions, SimpleStringList *asides)
{
	Reading		reading = {
		.tool = tool, .source = source, .versions = versions, .asides = asides};

	compile(&reading.names, tool->rule.names);
	compile(&reading.but_not, tool->rule.but_not);
	compile(&reading.maybe, tool->rule.maybe);
	if (tool->rule.lines_of)
		read_lines(&reading, psprintf("%s/%s", path, tool->rule.lines_of));
	else
		read_folder(&reading, path, NULL);
	if (reading.count == 0)
		refuse_migration_set(source, "%s: there is no migration of %s%s", path, tool->title,
							 tool->rule.flags & (NAMES_BELOW | MAYBE_BELOW) || tool->rule.lines_of ?
								 "" :
								 "; folders below are not looked into");
	if (tool->rule.flags & (AS_NUMBER | AS_DOTTED | ONCE) || tool->rule.lines_of)
		refuse_twice(&reading, path);
	if ((tool->rule.flags & WITHOUT_GAPS) && has_gap(versions, reading.count))
		refuse_migration_set(source, "%s: the migrations are not numbered from 1 on without a gap",
							 path);
	regfree(&reading.names);
	if (tool->rule.but_not)
		regfree(&reading.but_not);
	if (tool->rule.maybe)
		regfree(&reading.maybe);
}

/*
 * The greatest of the versions, as numbers or by their bytes.
 */
const char *
greatest_version(const SimpleStringList *versions, const char *order)
{
	bool		numeric = strcmp(order, "numeric") == 0;
	const char *greatest = versions->head->val;

	for (const SimpleStringListCell *cell = versions->head->next; cell; cell = cell->next)
	{
		int			longer = numeric ? (int) strlen(cell->val) - (int) strlen(greatest) : 0;

		if (longer > 0 || (longer == 0 && strcmp(cell->val, greatest) > 0))
			greatest = cell->val;
	}
	return greatest;
}
