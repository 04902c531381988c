/*-------------------------------------------------------------------------
 *
 * options.h
 *		What the command line and the environment ask for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "fe_utils/simple_list.h"
#include "migrations/revisions.h"
#include "script/sql_file.h"

#define DEFAULT_LOCK_KEY INT64CONST(42424242424242)

typedef enum Mode
{
	MODE_RUN,
	MODE_CHECK,
	MODE_STATUS,
	MODE_DOCTOR,
	MODE_HEADS
} Mode;

typedef struct Options
{
	Mode		mode;
	char	   *dbname;			/* as given, or NULL for libpq's defaults */
	const char *dbname_source;	/* the option or variable that gave it */
	const char *conninfo;		/* the same as libpq takes it */
	char	   *migration_url;	/* as given, or NULL */
	const char *migration_url_source;
	const char *migration_conninfo;	/* where the migration command connects */
	SimpleStringList expected_heads;
	const char *alembic;		/* path of a migration set, or NULL */
	const char *alembic_source; /* the option or variable that gave it */
	Revisions	revisions;		/* of that set */
	const char *head_table;
	const char *head_column;
	int64		lock_key;
	bool		create_extension;
	bool		require_extension;
	const char *migrate;		/* shell command, or NULL */
	SqlFile		migrate_sql;
	const char *post;			/* shell command, or NULL */
	SqlFile		post_sql;
	bool		skip_migrations;
	bool		break_orphans;
	bool		json;			/* status as JSON */
	bool		allow_ahead;
	int			timeout;		/* seconds; -1 until the default is known */
	char	  **command;		/* after "--", or NULL */
} Options;

extern void parse_options(int argc, char *argv[], Options *options);
extern void help(void);
extern const char *option_source(const char *option);
extern const char *describe_expected(const Options *options);

#endif							/* OPTIONS_H */
