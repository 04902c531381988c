/*-------------------------------------------------------------------------
 *
 * post_sql.h
 *		Idempotent steps in a file of SQL, run by every replica.
 *
 *-------------------------------------------------------------------------
 */
#ifndef POST_SQL_H
#define POST_SQL_H

#include "rounds/rounds.h"

extern void take_post_sql(Run *run);

#endif							/* POST_SQL_H */
