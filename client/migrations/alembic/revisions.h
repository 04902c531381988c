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
	char	   *path;			/* for messages */
	SimpleStringList down;		/* the revisions that it follows */
	SimpleStringList depends_on;	/* further ones that must come first */
	SimpleStringList labels;
	int			labels_line;	/* if they are unknown, or 0 */
	bool		followed;		/* not a head */
	int			mark;			/* for looking for cycles */
} Revision;

typedef struct Revisions
{
	Revision   *items;
	int			count;
	int			allocated;
} Revisions;

extern Revision *add_revision(Revisions *revisions);
extern bool resolve_revisions(Revisions *revisions);
extern Revision *find_revision(const Revisions *revisions, const char *id);

#endif							/* REVISIONS_H */
