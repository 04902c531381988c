/*-------------------------------------------------------------------------
 *
 * migration_set.h
 *		The migrations that are in the image: which heads the database has to
 *		have, and which it may have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGRATION_SET_H
#define MIGRATION_SET_H

#include "migrations/migration_tool.h"

typedef struct MigrationSet
{
	const MigrationTool *tool;	/* NULL if none was named */
	const char *path;			/* as named */
	const char *head_column;	/* NULL if neither tool nor user names one */
	SimpleStringList expected;
	SimpleStringList known;		/* empty if they are not known */
	const char *head_condition; /* that of the tool, or NULL */
} MigrationSet;

extern void read_migration_set(MigrationSet *set, const char *text, const char *head_column,
							   const char *source);
extern bool fits_list(const char *head);
extern _Noreturn void refuse_migration_set(const char *source, const char *fmt,
										   ...) pg_attribute_printf(2, 3);

/* file_names.c */
extern void read_file_names(const MigrationTool *tool, const char *path, const char *source,
							SimpleStringList *versions, SimpleStringList *asides);
extern const char *greatest_version(const SimpleStringList *versions, const char *order);

#endif							/* MIGRATION_SET_H */
