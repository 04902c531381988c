/*-------------------------------------------------------------------------
 *
 * holder.h
 *		Who holds the advisory lock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HOLDER_H
#define GW_BOOTSTRAP_HOLDER_H

#include "datatype/timestamp.h"

typedef enum HolderState
{
	HOLDER_NONE,
	HOLDER_ACTIVE,				/* in a transaction */
	HOLDER_ORPHANED,			/* at session level, outside any transaction */
	HOLDER_PREPARED				/* a prepared transaction */
} HolderState;

typedef struct Holder
{
	HolderState state;
	int			pid;			/* 0 if prepared */
	TimestampTz idle_since;		/* if orphaned on another backend, else 0 */
} Holder;

/* What pg_stat_activity shows the caller of a holder. */
typedef struct HolderActivity
{
	TimestampTz since;			/* 0 if not known or not shown */
	char	   *application_name;	/* NULL likewise */
	Datum		client_addr;	/* inet */
	bool		has_client_addr;
} HolderActivity;

extern void find_holder(int64 key, Holder *holder);
extern bool is_orphan(int64 key, int pid, TimestampTz *idle_since);
extern bool is_lock_holder(int64 key, int pid);
extern TimestampTz get_backend_start(int pid);
extern const char *holder_state_name(HolderState state);
extern void get_holder_activity(const Holder *holder, HolderActivity *activity);

#endif							/* GW_BOOTSTRAP_HOLDER_H */
