/*-------------------------------------------------------------------------
 *
 * holder.h
 *		Who has the lock, as the server tells it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HOLDER_H
#define HOLDER_H

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

/* As the server calls them; NULL if there is nothing to tell. */
extern const char *const holder_state_names[];

extern HolderState read_holder_state(const char *pid, const char *word);
extern char *describe_holder(HolderState state, const char *pid);

#endif							/* HOLDER_H */
