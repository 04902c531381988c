/*-------------------------------------------------------------------------
 *
 * copied_heads.h
 *		The heads of a table that is read by COPY.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COPIED_HEADS_H
#define COPIED_HEADS_H

#include "server/session.h"

/* As many heads, and as much of each, as the extension shows. */
#define MOST_HEADS 100
#define MOST_HEAD_LENGTH 1024	/* bytes */

typedef struct CopiedHeads
{
	RowTaker	taker;			/* first */
	const Options *options;
	bool		is_padded;		/* blanks at the end mean nothing */
	char	   *shown[MOST_HEADS];	/* in order */
	int			nshown;
	bool		more;			/* than are shown */
	bool	   *seen;			/* which of the expected ones are there */
	bool		unexpected;		/* there are others */
	char	   *unknown;		/* one that the migration set lacks, or NULL */
} CopiedHeads;

extern void begin_copied_heads(CopiedHeads *heads, const Options *options, bool is_padded);
extern bool copied_heads_are_expected(const CopiedHeads *heads);
extern char *copied_heads_text(const CopiedHeads *heads);
extern void free_copied_heads(CopiedHeads *heads);

#endif							/* COPIED_HEADS_H */
