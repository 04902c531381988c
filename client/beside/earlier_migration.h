/*-------------------------------------------------------------------------
 *
 * earlier_migration.h
 *		Whether an earlier migration command is still at work.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EARLIER_MIGRATION_H
#define EARLIER_MIGRATION_H

#include "rounds/rounds.h"

extern bool note_holder(Run *run, const TryResult *found, Step *step);
extern bool let_command_end(Run *run);
extern PGresult *ask_for_migrations(Session *session, const Options *options, Millis deadline);
extern bool is_earlier_migration(Run *run, const PGresult *found);
extern bool is_still_to_do(Run *run, CommandPlan *plan, Step *step);

#endif							/* EARLIER_MIGRATION_H */
