/*-------------------------------------------------------------------------
 *
 * alembic_config.h
 *		Where Alembic's configuration says that the revisions are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ALEMBIC_CONFIG_H
#define ALEMBIC_CONFIG_H

#include "base/log.h"
#include "fe_utils/simple_list.h"

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

extern void read_alembic_config(AlembicConfig *config, char *text, size_t len);
extern char *alembic_here(const AlembicConfig *config);

/* for those who read the files, in their formats */
extern void read_alembic_ini(AlembicConfig *config, char *text);
extern void read_alembic_toml(AlembicConfig *config, char *text, size_t len);
extern void add_setting(AlembicConfig *config, const char *name, const char *value,
						bool		is_default, int line);
extern void continue_setting(AlembicConfig *config, const char *line);

#endif							/* ALEMBIC_CONFIG_H */
