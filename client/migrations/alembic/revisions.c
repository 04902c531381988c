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

#include "base/log.h"
#include "migrations/alembic/revisions.h"

#define NOT_A_REVISION \
	"%s: down_revision \"%s\" of revision \"%s\" is a branch label, not a revision"
#define NOT_IN_SET "%s: revision \"%s\", named by revision \"%s\", is not in the set"

#define HEADS_HINT "Mend the migration set, or name the heads with --expect-head instead."

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
 * Find a revision by its identifier, once they have been resolved.
 */
Revision *
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
 * What Revision.__init__() checks.
 */
static bool
check_identifier(const Revision *revision)
{
	if (strpbrk(revision->id, "@-+:") != NULL)
		log_error_hint(HEADS_HINT,
					   "%s: revision identifier \"%s\" must not contain \"@\", \"-\", \"+\" or "
					   "\":\"",
					   revision->path, revision->id);
	else if (simple_string_list_member((SimpleStringList *) &revision->down, revision->id))
		log_error_hint(HEADS_HINT, "%s: revision \"%s\" follows itself", revision->path,
					   revision->id);
	else if (simple_string_list_member((SimpleStringList *) &revision->depends_on, revision->id))
		log_error_hint(HEADS_HINT, "%s: revision \"%s\" depends on itself", revision->path,
					   revision->id);
	else
		return true;
	return false;
}

static bool
check_labels(const Revisions *revisions, const Revision *revision)
{
	for (SimpleStringListCell *cell = revision->labels.head; cell; cell = cell->next)
	{
		const Revision *other = find_revision(revisions, cell->val);

		if (other == NULL)
			other = find_label(revisions, cell->val);
		if (other != revision ||
			simple_string_list_member(&(SimpleStringList) {cell->next, NULL}, cell->val))
		{
			log_error_hint(HEADS_HINT, "%s: branch label \"%s\" is already used by revision \"%s\"",
						   revision->path, cell->val, other->id);
			return false;
		}
	}
	return true;
}

/*
 * The revision that another one names.  Only depends_on may name a label.
 */
static Revision *
find_named(const Revisions *revisions, const Revision *by, const char *name, bool label_allowed)
{
	Revision   *found = find_revision(revisions, name);
	Revision   *labelled;

	if (found)
		return found;
	labelled = find_label(revisions, name);
	if (labelled && label_allowed)
		return labelled;
	for (int i = 0; i < revisions->count && label_allowed; i++)
	{
		const Revision *other = &revisions->items[i];

		if (other->labels_line == 0)
			continue;
		log_error_hint(HEADS_HINT,
					   "%s: \"%s\" in depends_on may be a branch label that is not a literal in "
					   "%s:%d",
					   by->path, name, other->path, other->labels_line);
		return NULL;
	}
	log_error_hint(HEADS_HINT, labelled ? NOT_A_REVISION : NOT_IN_SET,
				   by->path, name, by->id);
	return NULL;
}

/* Marks of a revision in the search for cycles. */
enum
{
	NOT_VISITED,
	ON_PATH,
	DONE
};

/*
 * Visit what a revision follows, depth first; a revision met on its own path
 * closes a cycle.  The path is kept here, since a set may be thousands of
 * revisions deep.
 */
static bool
visit(const Revisions *revisions, Revision *start, bool dependencies)
{
	typedef struct Step
	{
		Revision   *revision;
		SimpleStringListCell *next;
		bool		in_depends_on;
	} Step;
	Step	   *path = pg_malloc(revisions->count * sizeof(Step));
	int			depth = 0;
	bool		good = true;

	path[0] = (Step) {start, start->down.head, false};
	start->mark = ON_PATH;
	while (good && depth >= 0)
	{
		Step	   *step = &path[depth];
		Revision   *named;

		if (step->next == NULL && dependencies && !step->in_depends_on)
		{
			step->in_depends_on = true;
			step->next = step->revision->depends_on.head;
			continue;
		}
		if (step->next == NULL)
		{
			step->revision->mark = DONE;
			depth--;
			continue;
		}
		named = find_named(revisions, step->revision, step->next->val, step->in_depends_on);
		step->next = step->next->next;
		if (named == NULL)
			good = false;
		else if (named->mark == ON_PATH)
		{
			log_error_hint(HEADS_HINT, "%s: revision \"%s\" is part of a %scycle", named->path,
						   named->id,
						   dependencies ? "dependency " : "");
			good = false;
		}
		else
		{
			named->followed = true;
			if (named->mark == DONE)
				continue;
			named->mark = ON_PATH;
			path[++depth] = (Step) {named, named->down.head, false};
		}
	}
	free(path);
	return good;
}

static bool
visit_all(Revisions *revisions, bool dependencies)
{
	for (int i = 0; i < revisions->count; i++)
		revisions->items[i].mark = NOT_VISITED;
	for (int i = 0; i < revisions->count; i++)
	{
		if (revisions->items[i].mark == NOT_VISITED &&
			!visit(revisions, &revisions->items[i], dependencies))
			return false;
	}
	return true;
}

/*
 * Sort the revisions, resolve what they name, and tell which are followed.
 * Returns false, and says why, if the set makes no sense.
 */
bool
resolve_revisions(Revisions *revisions)
{
	qsort(revisions->items, revisions->count, sizeof(Revision), compare_ids);
	for (int i = 0; i < revisions->count; i++)
	{
		Revision   *revision = &revisions->items[i];

		if (!check_identifier(revision))
			return false;
		if (i > 0 && strcmp(revision[-1].id, revision->id) == 0)
		{
			log_error_hint(HEADS_HINT, "revision \"%s\" is defined twice: in %s and in %s",
						   revision->id, revision[-1].path, revision->path);
			return false;
		}
	}
	for (int i = 0; i < revisions->count; i++)
	{
		if (!check_labels(revisions, &revisions->items[i]))
			return false;
	}
	return visit_all(revisions, false) && visit_all(revisions, true);
}
