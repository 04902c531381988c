/*-------------------------------------------------------------------------
 *
 * post_command.h
 *		An idempotent command that every replica runs once the database is ready.
 *
 *-------------------------------------------------------------------------
 */
#ifndef POST_COMMAND_H
#define POST_COMMAND_H

#include "rounds/rounds.h"

extern void take_post_command(Run *run);

#endif							/* POST_COMMAND_H */
