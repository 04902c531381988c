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
#include "beside/second_connection.h"
#include "command/environment.h"
#include "commands.h"
#include "fence/fence.h"
#include "namesakes/namesakes.h"
#include "orphans/orphan.h"
#include "own_guard/own_guard.h"
#include "progress/progress.h"
#include "run/run.h"
#include "steps/steps.h"

/* What can be asked for: each reads what it needs, before anything is done. */
static void (*const parts[])(Run *run) = {
	take_command_migration,
	take_failed_migrations,
	take_orphans,
	take_progress,
	take_namesakes,
	take_own_guard,
	take_second_connection,
	take_fence,
	take_sql_migration,
	take_post_sql,
	take_post_command,
	NULL};

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

ExitCode
do_run(const Options *options)
{
	Run			run = {.options = options};
	ExitCode	code;
	int			signo;
	bool		told;

	for (int i = 0; parts[i]; i++)
		parts[i](&run);
	if (options->skip_migrations)
		log_event(LOG_AUDIT, NULL, NULL,
				  "migrations are skipped, their owner is another runner;"
				  " this replica never takes the lock");
	code = go_in_rounds(&run, one_round);
	for (int i = 0; run.post[i] && code == EXIT_READY && stop_signal() == 0; i++)
		code = run.post[i](&run);
	signo = take_stop_signal();
	session_close(&run.session);
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
