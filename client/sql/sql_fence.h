/*-------------------------------------------------------------------------
 *
 * sql_fence.h
 *		What is asked about the fence.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_FENCE_H
#define SQL_FENCE_H

#include "options/target.h"
#include "sql/query.h"

extern Query sql_fence(void);
extern Query sql_token(void);
extern Query sql_token_seen(const Target *target, const char *role, const char *token);

#endif							/* SQL_FENCE_H */
