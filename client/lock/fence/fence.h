/*-------------------------------------------------------------------------
 *
 * fence.h
 *		Whether the server refuses what a role writes without a guard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LOCK_FENCE_H
#define LOCK_FENCE_H

#include "server/session.h"

typedef struct Fence
{
	char		key[24];		/* of the role, or empty */
	bool		warns;			/* but lets it write */
	char		role[16];		/* its oid */
} Fence;

extern bool ask_fence(Session *session, Fence *fence, Millis until);
extern bool is_fenced(const Fence *fence, const Options *options);
extern const char *safety_class(const Fence *fence, const Options *options);
extern bool may_write_here(Session *session, const Options *options, Millis until);

#endif							/* LOCK_FENCE_H */
