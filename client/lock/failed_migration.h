/*-------------------------------------------------------------------------
 *
 * failed_migration.h
 *		A migration that its tool calls failed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FAILED_MIGRATION_H
#define FAILED_MIGRATION_H

#include "lock/way/way.h"

/* failed_migration.c */
extern bool look_at_failed_migration(Session *session, const Options *options, Millis until,
									 Heads *heads);
extern char *describe_failed(const Heads *heads);
extern char *failed_migration_hint(const Options *options);
extern ExitCode report_failed_migration(const Heads *heads, const Options *options);

#endif							/* FAILED_MIGRATION_H */
