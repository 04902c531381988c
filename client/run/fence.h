/*-------------------------------------------------------------------------
 *
 * fence.h
 *		Whether the server refuses what a migration writes without its guard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FENCE_H
#define FENCE_H

#include "run/round.h"

extern bool ask_for_fence(Run *run, Session *other, Millis until);
extern bool take_token(Run *run, const char **token, Step *step);
extern char *sessions_of_migration(const Options *options, const char *token);
extern void log_migrating(const char *doing, const char *token);

#endif							/* FENCE_H */
