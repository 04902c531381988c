/*-------------------------------------------------------------------------
 *
 * copy.h
 *		Read a table by COPY.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COPY_H
#define COPY_H

#include "server/session.h"

/* Takes one row; false, and the failure set, if it wants no more. */
typedef struct RowTaker RowTaker;
struct RowTaker
{
	bool		(*take)(RowTaker *taker, const char *row, int len, Failure *failure);
	const char *table;			/* whose rows they are, for messages */
	int64		rows;			/* taken so far */
};

extern bool session_copy(Session *session, Query query, RowTaker *taker, Millis until);

#endif							/* COPY_H */
