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

/* What it is doing. */
typedef enum HolderState
{
	HOLDER_NONE,				/* nobody has the lock */
	HOLDER_HIDDEN,				/* that is not told to our role */
	HOLDER_ACTIVE,				/* in a transaction, or at work */
	HOLDER_ORPHANED,			/* has left the lock behind on a pooled backend */
	HOLDER_PREPARED				/* is a prepared transaction, without a backend */
} HolderState;

/* What ends that. */
#define END_PREPARED "See pg_prepared_xacts; COMMIT PREPARED or ROLLBACK PREPARED ends it."

/* The server's answer; a string is NULL where it said NULL. */
typedef struct Holder
{
	PGresult   *result;			/* owns the strings */
	const char *lock_key;
	const char *pid;
	HolderState state;
	const char *since;
	const char *application_name;
	const char *client_addr;
	bool		in_recovery;
} Holder;

extern HolderState read_holder_state(const char *pid, const char *word);
extern const char *holder_state_name(HolderState state);
extern char *describe_holder(HolderState state, const char *pid);
extern void read_holder(PGresult *result, Holder *holder);

#endif							/* HOLDER_H */
