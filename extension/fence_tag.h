/*-------------------------------------------------------------------------
 *
 * fence_tag.h
 *		The second tag of a key: who is at work under one of its guards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_FENCE_TAG_H
#define GW_BOOTSTRAP_FENCE_TAG_H

#include "storage/lock.h"

/* Until when a session keeps it. */
typedef enum TagLevel
{
	TAG_OF_TRANSACTION,
	TAG_OF_SESSION				/* until it gives it back */
} TagLevel;

extern void set_fence_locktag(LOCKTAG *tag, int64 key);
extern bool fence_tag_is_free(int64 key);
extern bool take_fence_tag(int64 key, TagLevel level);
extern void give_back_fence_tag(int64 key, TagLevel level);
extern bool has_fence_tag(int64 key, TagLevel level);

#endif							/* GW_BOOTSTRAP_FENCE_TAG_H */
