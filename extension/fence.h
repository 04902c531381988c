/*-------------------------------------------------------------------------
 *
 * fence.h
 *		The fence: the sessions of a role write only under a living guard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_FENCE_H
#define GW_BOOTSTRAP_FENCE_H

typedef enum FenceMode
{
	FENCE_ENFORCE,
	FENCE_WARN
} FenceMode;

/* gw_bootstrap.fence_mode */
extern int	fence_mode;

extern void define_fence_settings(void);
extern void set_fence(bool is_on, int64 key);

#endif							/* GW_BOOTSTRAP_FENCE_H */
