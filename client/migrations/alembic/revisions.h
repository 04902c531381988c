/*-------------------------------------------------------------------------
 *
 * revisions.h
 *		The revisions of a migration set, and which of them are its heads.
 *
 *-------------------------------------------------------------------------
 */
#ifndef REVISIONS_H
#define REVISIONS_H

#include "fe_utils/simple_list.h"

typedef struct Revision
{
	char	   *id;
	const char *path;			/* for messages */
	SimpleStringList down;		/* the revisions that it follows */
	SimpleStringList depends_on;	/* further ones that must come first */
	SimpleStringList labels;
	int			labels_line;	/* if they are unknown, or 0 */
	bool		followed;		/* not a head */

	/* in the search for cycles */
	enum
	{
		NOT_VISITED,
		ON_PATH,
		DONE
	} mark;
	struct Revision *came_from;
	SimpleStringListCell *next; /* what is to be visited of what it names */
	bool		in_depends_on;	/* that is one of those */
} Revision;

typedef struct Revisions
{
	Revision   *items;
	int			count;
	int			allocated;
} Revisions;

extern Revision *add_revision(Revisions *revisions);
extern void resolve_revisions(Revisions *revisions);

#endif							/* REVISIONS_H */
