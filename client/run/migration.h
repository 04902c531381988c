/*-------------------------------------------------------------------------
 *
 * migration.h
 *		The migration by a command, under the guard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGRATION_H
#define MIGRATION_H

#include "rounds/rounds.h"

extern void take_command_migration(Run *run);

#endif							/* MIGRATION_H */
