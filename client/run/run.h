/*-------------------------------------------------------------------------
 *
 * run.h
 *		A start, from one round to the next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_H
#define RUN_H

#include "rounds/rounds.h"

/* judge_failed.c */
extern void take_failed_migrations(Run *run);

/* migration.c */
extern void take_command_migration(Run *run);
extern bool start_under_guard(Run *run, Command *command, CommandPlan *plan, const char *doing,
							  Step *step);
extern Step end_not_at_head(Run *run, const Heads *heads, const char *applied, char *advice,
							const char *message);

/* round.c */
extern Step one_round(Run *run);
extern Step handle_busy(Run *run, TryResult *found);

#endif							/* RUN_H */
