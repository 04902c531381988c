/*-------------------------------------------------------------------------
 *
 * steps.h
 *		What a start can be asked for beside a migration by a command.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STEPS_H
#define STEPS_H

#include "rounds/rounds.h"

/* post_command.c */
extern void take_post_command(Run *run);

/* post_sql.c */
extern void take_post_sql(Run *run);

/* sql_migration.c */
extern void take_sql_migration(Run *run);

/* turn.c */
extern Millis post_deadline(const Run *run);
extern bool take_turn(Session *session, const Options *options, const Deadline *deadline);

#endif							/* STEPS_H */
