/*-------------------------------------------------------------------------
 *
 * run.c
 *		"gw_bootstrap run": from connecting to the command that it starts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <unistd.h>

#include "base/log.h"
#include "base/output.h"
#include "command/command.h"
#include "command/environment.h"
#include "commands.h"
#include "forms/exec_form.h"
#include "run/migration.h"
#include "run/round.h"
#include "script/sql_file.h"
#include "steps/post_command.h"
#include "steps/post_sql.h"
#include "steps/sql_migration.h"

/*
 * How the database came to be ready, for the line on stdout.
 */
static const char *
describe_way(const Run *run)
{
	if (run->options->skip_migrations)
		return "migrations skipped";
	if (run->ahead)
		return "ahead";
	return run->migrated ? "migrated" : "at head";
}

static void
become_command(char **command)
{
	int			code;

	restore_session_settings();
	stop_waiting();
	execvp(command[0], command);
	code = errno == ENOENT ? 127 : 126;
	log_error("could not execute \"%s\": %m", command[0]);
	exit(code);
}

/*
 * Read a file of SQL that will be needed, before anything is done.
 */
static const SqlFile *
read_if_named(SqlFile *file, const char *path, const char *option)
{
	if (path == NULL)
		return NULL;
	read_sql_file(file, path, option_source(option));
	return file;
}

/*
 * How to migrate, if at all.
 */
static void
choose_migration(Run *run, SqlFile *file)
{
	const Options *options = run->options;

	if (options->skip_migrations)
		return;
	run->migrate_sql = read_if_named(file, options->migrate_sql, "--migrate-sql");
	if (options->migrate_sql != NULL)
		run->migrate = migrate_by_sql;
	else if (options->migrate != NULL)
		run->migrate = migrate_by_command;
}

/*
 * Refuse a command that is no command, before anything is done.
 */
static void
check_commands(const Options *options)
{
	if (options->migrate != NULL && !options->skip_migrations)
		command_arguments(options->migrate, option_source("--migrate"));
	if (options->post != NULL)
		command_arguments(options->post, option_source("--post"));
}

ExitCode
do_run(const Options *options)
{
	Run			run = {.options = options};
	SqlFile		migrate_sql = {0};
	SqlFile		post_sql = {0};
	ExitCode	code;
	int			signo;
	bool		told;

	check_commands(options);
	choose_migration(&run, &migrate_sql);
	run.post_sql = read_if_named(&post_sql, options->post_sql, "--post-sql");
	if (options->skip_migrations)
		log_event(LOG_AUDIT, NULL, NULL,
				  "migrations are skipped, their owner is another runner;"
				  " this replica never takes the lock");
	code = go_in_rounds(&run, one_round);
	if (code == EXIT_READY && stop_signal() == 0 && options->post_sql != NULL)
		code = run_post_sql(&run);
	signo = take_stop_signal();
	session_close(&run.session);
	if (code == EXIT_READY && signo == 0 && options->post != NULL)
	{
		code = run_post_command(&run);
		signo = take_stop_signal();
	}
	if (signo != 0)
		return EXIT_SIGNAL_BASE + signo;
	if (code != EXIT_READY)
		return code;

	printf("Database ready (%s) in %.3f s\n",
		   describe_way(&run), (now_ms() - run.start) / 1000.0);
	told = output_arrived();
	/* a full disk that takes no line is no reason to be without the service */
	if (options->command != NULL)
		become_command(options->command);
	return told ? EXIT_READY : EXIT_STEP_FAILED;
}
