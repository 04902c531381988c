/*-------------------------------------------------------------------------
 *
 * options.h
 *		What the command line and the environment ask for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/exit_code.h"
#include "base/wait.h"
#include "options/target.h"

/* What a command of the client needs, or may do. */
enum
{
	NEEDS_HEADS = 0x01,			/* that are expected */
	NEEDS_DATABASE = 0x02,
	MAY_MIGRATE = 0x04,
	MAY_START_COMMAND = 0x08,	/* the words after "--" */
	MAY_PRINT_JSON = 0x10,
	USES_MIGRATION_URL = 0x20,	/* whatever else is asked for */
	GUARDS_COMMAND = 0x40		/* these words run under the lock */
};

/* Takes a command that is no array. */
#define SHELL "/bin/sh"

struct		Options;
struct		MigrationTool;

/* A command of the client: one row of the table in main.c. */
typedef struct Mode
{
	const char *name;
	ExitCode	(*function)(const struct Options *options);
	int			needs;
	const char *arguments;		/* beside the options, for the help */
	const char *purpose;
} Mode;

typedef struct Options
{
	const Mode *mode;
	Target		target;
	char	   *dbname;			/* as given, or NULL for libpq's defaults */
	const char *conninfo;		/* the same as libpq takes it */
	char	   *migration_url;	/* as given, or NULL */
	const char *migration_conninfo;	/* where the migration command connects */
	char	   *migrations;		/* TOOL:PATH of a migration set, or NULL */
	const char *set_path;		/* of that, or NULL */
	/* Which of the heads, the text of an array, that set lacks; NULL if that is not it. */
	char	   *(*describe_unknown)(const struct Options *options, const char *heads);
	const struct MigrationTool *tool;	/* of that, or NULL */
	bool		create_extension;
	bool		require_extension;
	bool		require_fence;
	char	   *migrate;		/* shell command, or NULL */
	char	  **migrate_words;	/* the same to be executed */
	char	   *migrate_sql;	/* path of a file, or NULL */
	char	   *post;			/* shell command, or NULL */
	char	  **post_words;
	char	   *post_sql;		/* path of a file, or NULL */
	bool		post_in_turn;
	bool		skip_migrations;
	bool		break_orphans;
	bool		allow_ahead;
	bool		json;			/* the answer */
	char	   *log_format;
	bool		quiet;
	bool		verbose;
	int			timeout;		/* seconds; -1 until the default is known */
	char	  **command;		/* after "--", or NULL */
} Options;

/* log_format.c */
extern void find_log_format(int argc, char *argv[]);
extern void take_log_format(Options *options);

/* options.c */
extern void parse_options(int argc, char *argv[], const Mode *modes, Options *options);
extern char **shell_words(const char *command);
extern void set_default(char **field, const char *value);
extern const char *option_source(const char *option);
extern const char *describe_expected(const Target *target);

#endif							/* OPTIONS_H */
