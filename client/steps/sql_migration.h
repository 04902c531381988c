/*-------------------------------------------------------------------------
 *
 * sql_migration.h
 *		Migrate by a file of SQL, in the guard's own transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_MIGRATION_H
#define SQL_MIGRATION_H

#include "rounds/rounds.h"

extern void take_sql_migration(Run *run);

#endif							/* SQL_MIGRATION_H */
