/*-------------------------------------------------------------------------
 *
 * alembic.h
 *		The migration set of Alembic, read without Python.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ALEMBIC_H
#define ALEMBIC_H

#include "base/log.h"
#include "fe_utils/simple_list.h"

/* Where the configuration says that the revisions are. */
typedef struct AlembicConfig
{
	const char *path;			/* of the file, for messages */
	bool		is_toml;
	struct Setting *settings;	/* of the section that counts, as written */
	int			references;		/* of settings to others, replaced so far */

	/* what they say */
	const char *script_location;	/* or NULL */
	SimpleStringList version_locations;	/* if empty, "versions" there */
	SimpleStringList sys_path;	/* where packages may be found */
	bool		recursive;
	bool		sourceless;
} AlembicConfig;

/* How all that reads a migration set ends the program. */
extern const char *alembic_named_by;

#define refuse(...) \
	usage_error(alembic_named_by, "Mend it, or name the heads with --expect-head instead.", \
				__VA_ARGS__)

extern void read_alembic(const char *path, const char *source, SimpleStringList *heads,
						 SimpleStringList *revisions);

/* alembic_config.c */
extern void read_alembic_config(AlembicConfig *config, char *text, size_t len);
extern char *alembic_here(const AlembicConfig *config);
extern void add_setting(AlembicConfig *config, const char *name, const char *value,
						bool		is_default, int line);

/* alembic_toml.c */
extern void read_alembic_toml(AlembicConfig *config, char *text, size_t len);

#endif							/* ALEMBIC_H */
