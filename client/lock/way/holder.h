/*-------------------------------------------------------------------------
 *
 * holder.h
 *		Who has the lock, as the server tells it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HOLDER_H
#define HOLDER_H

#include "libpq-fe.h"

/* The server's answer; a string is NULL where it said NULL. */
typedef struct Holder
{
	PGresult   *result;			/* owns the strings */
	const char *current_heads;	/* as the text of an array */
	const char *lock_key;
	const char *pid;
	const char *state;			/* NULL if hidden, or if nobody has the lock */
	const char *since;
	const char *application_name;
	const char *client_addr;
	bool		in_recovery;
} Holder;

extern void read_holder(PGresult *result, Holder *holder);

#endif							/* HOLDER_H */
