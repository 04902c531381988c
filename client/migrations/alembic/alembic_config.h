/*-------------------------------------------------------------------------
 *
 * alembic_config.h
 *		Where Alembic's configuration says that the revisions are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ALEMBIC_CONFIG_H
#define ALEMBIC_CONFIG_H

#include "fe_utils/simple_list.h"

typedef struct AlembicConfig
{
	const char *path;			/* of the file, for messages */
	char	   *script_location;	/* or NULL */
	SimpleStringList version_locations;	/* if empty, "versions" there */
	SimpleStringList sys_path;	/* where packages may be found */
	bool		recursive;
	bool		sourceless;
} AlembicConfig;

/*
 * Both read the whole text of a file and end the program with EXIT_USAGE, and a
 * message, if it makes no sense.
 */
extern void read_alembic_ini(AlembicConfig *config, char *text);
extern void read_alembic_toml(AlembicConfig *config, const char *text);

extern _Noreturn void alembic_config_error(const AlembicConfig *config, int line, const char *fmt,
										   ...)
	pg_attribute_printf(3, 4);
extern char *alembic_here(const AlembicConfig *config);

#endif							/* ALEMBIC_CONFIG_H */
