/*-------------------------------------------------------------------------
 *
 * fence_guard.h
 *		Whether a fenced session may write now.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_FENCE_GUARD_H
#define GW_BOOTSTRAP_FENCE_GUARD_H

#include "fence_tag.h"

typedef enum Admission
{
	ADMISSION_NOT_ASKED,
	ADMITTED_BY_KEY,			/* its transaction holds the key itself */
	ADMITTED_BY_TOKEN,			/* it shows the token of the guard, and has the tag */
	REFUSED_WITHOUT_TOKEN,
	REFUSED_WITH_OLD_TOKEN,
	REFUSED_BY_TAG				/* somebody is taking the key right now */
} Admission;

/* gw_bootstrap.token */
extern char *token_setting;

extern Admission ask_for_admission(int64 key, TagLevel level);
extern void report_refusal(int elevel, int64 key, Admission refusal);

#endif							/* GW_BOOTSTRAP_FENCE_GUARD_H */
