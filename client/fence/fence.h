/*-------------------------------------------------------------------------
 *
 * fence.h
 *		What follows from a fence for a migration, and from there being none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FENCE_H
#define FENCE_H

#include "rounds/rounds.h"

extern bool refuse_wrong_fence(const Run *run);
extern bool take_token(Run *run, const char **token, Step *step);
extern char *sessions_of_migration(const Options *options, const char *token);
extern void log_migrating(const Run *run, const char *doing);
extern bool is_fence_proven(const Run *run, const Command *command);

#endif							/* FENCE_H */
