/*-------------------------------------------------------------------------
 *
 * revisions.c
 *		The revisions of a migration set, and which of them are its heads.
 *
 * A head has a row in Alembic's version table once the set is applied: a
 * revision that no other one follows, nor names in its depends_on (RevisionMap
 * in alembic/script/revision.py calls those the "real heads").  A set that
 * Alembic would refuse is refused, and one with two revisions of the same
 * name, of which Alembic drops one with a warning.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/alembic/alembic.h"
#include "migrations/alembic/revisions.h"

Revision *
add_revision(Revisions *revisions)
{
	if (revisions->count == revisions->allocated)
	{
		revisions->allocated = Max(revisions->allocated * 2, 64);
		revisions->items = pg_realloc(revisions->items, revisions->allocated * sizeof(Revision));
	}
	revisions->items[revisions->count] = (Revision) {NULL};
	return &revisions->items[revisions->count++];
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(((const Revision *) a)->id, ((const Revision *) b)->id);
}

/*
 * Find a revision by its identifier, once they are sorted.
 */
static Revision *
find_revision(const Revisions *revisions, const char *id)
{
	Revision	key = {.id = (char *) id};

	return bsearch(&key, revisions->items, revisions->count, sizeof(Revision), compare_ids);
}

/* Labels are few: no index is needed. */
static Revision *
find_label(const Revisions *revisions, const char *label)
{
	for (int i = 0; i < revisions->count; i++)
	{
		if (simple_string_list_member(&revisions->items[i].labels, label))
			return &revisions->items[i];
	}
	return NULL;
}

/*
 * Sort the revisions.  A file that was met twice, by a link, counts once.
 */
static void
sort_revisions(Revisions *revisions)
{
	Revision   *items = revisions->items;
	int			count = 0;

	qsort(items, revisions->count, sizeof(Revision), compare_ids);
	for (int i = 0; i < revisions->count; i++)
	{
		const Revision *last = count > 0 ? &items[count - 1] : NULL;

		if (last == NULL || strcmp(last->id, items[i].id) != 0)
			items[count++] = items[i];
		else if (strcmp(last->path, items[i].path) != 0)
			refuse("revision \"%s\" is defined twice: in %s and in %s", last->id, last->path,
				   items[i].path);
	}
	revisions->count = count;
}

/*
 * What Revision.__init__() checks, and whose its labels are.
 */
static void
check_revision(const Revisions *revisions, Revision *revision)
{
	if (strpbrk(revision->id, "@-+:") != NULL)
		refuse("%s: revision identifier \"%s\" must not contain \"@\", \"-\", \"+\" or \":\"",
			   revision->path, revision->id);
	if (simple_string_list_member(&revision->down, revision->id))
		refuse("%s: revision \"%s\" follows itself", revision->path, revision->id);
	if (simple_string_list_member(&revision->depends_on, revision->id))
		refuse("%s: revision \"%s\" depends on itself", revision->path, revision->id);
	for (SimpleStringListCell *cell = revision->labels.head; cell; cell = cell->next)
	{
		SimpleStringList others = {cell->next, NULL};
		const Revision *owner = find_revision(revisions, cell->val);

		if (owner == NULL)
			owner = find_label(revisions, cell->val);
		if (owner && (owner != revision || simple_string_list_member(&others, cell->val)))
			refuse("%s: branch label \"%s\" is already used by revision \"%s\"", revision->path,
				   cell->val, owner->id);
	}
}

/*
 * The revision that another one names.  Only depends_on may name a label.
 */
static Revision *
find_named(const Revisions *revisions, const Revision *by, const char *name, bool label_allowed)
{
	Revision   *found = find_revision(revisions, name);

	if (found)
		return found;
	found = find_label(revisions, name);
	if (found && label_allowed)
		return found;
	if (found)
		refuse("%s: down_revision \"%s\" of revision \"%s\" is a branch label, not a revision",
			   by->path, name, by->id);
	for (int i = 0; i < revisions->count && label_allowed; i++)
	{
		if (revisions->items[i].labels_line)
			refuse("%s: \"%s\" in depends_on may be a branch label that is not a literal in %s:%d",
				   by->path, name, revisions->items[i].path, revisions->items[i].labels_line);
	}
	refuse("%s: revision \"%s\", named by revision \"%s\", is not in the set", by->path, name,
		   by->id);
}

/*
 * Visit what a revision follows or depends on, depth first; a revision met on
 * its own path closes a cycle.  The path is linked here, since a set may be
 * thousands of revisions deep.
 */
static void
visit(const Revisions *revisions, Revision *start)
{
	Revision   *revision = start;

	start->mark = ON_PATH;
	start->next = start->down.head;
	while (revision)
	{
		Revision   *named;

		if (revision->next == NULL && !revision->in_depends_on)
		{
			revision->in_depends_on = true;
			revision->next = revision->depends_on.head;
		}
		if (revision->next == NULL)
		{
			revision->mark = DONE;
			revision = revision->came_from;
			continue;
		}
		named = find_named(revisions, revision, revision->next->val, revision->in_depends_on);
		revision->next = revision->next->next;
		named->followed = true;
		if (named->mark == ON_PATH)
		{
			bool		by_dependency = revision->in_depends_on;

			for (Revision *step = revision; step != named; step = step->came_from)
				by_dependency = by_dependency || step->came_from->in_depends_on;
			refuse("%s: revision \"%s\" is part of a %scycle", named->path, named->id,
				   by_dependency ? "dependency " : "");
		}
		if (named->mark == DONE)
			continue;
		named->mark = ON_PATH;
		named->next = named->down.head;
		named->came_from = revision;
		revision = named;
	}
}

/*
 * Sort the revisions, resolve what they name, and tell which are followed.
 * Ends the program if the set makes no sense.
 */
void
resolve_revisions(Revisions *revisions)
{
	sort_revisions(revisions);
	for (int i = 0; i < revisions->count; i++)
		check_revision(revisions, &revisions->items[i]);
	for (int i = 0; i < revisions->count; i++)
	{
		if (revisions->items[i].mark == NOT_VISITED)
			visit(revisions, &revisions->items[i]);
	}
}
