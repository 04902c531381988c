/*-------------------------------------------------------------------------
 *
 * start.c
 *		Start a command under the guard.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "fence/fence.h"
#include "options/application_name.h"
#include "run/run.h"

/*
 * Complete the plan by what is the same for all that run under a guard, and
 * start the command.  If that cannot be, the step says how to go on.
 */
bool
start_under_guard(Run *run, Command *command, CommandPlan *plan, const char *doing, Step *step)
{
	const Options *options = run->options;

	if (!take_token(run, &plan->token, step))
		return false;
	plan->patience = SILENCE_MS;
	plan->guard = PQsocket(run->session.conn);
	plan->guard_name = run->guard_name;
	plan->sessions = sessions_of_migration(options, plan->token);
	plan->database_url = command_url(options->migration_url ? options->migration_url : options->dbname,
									 plan->sessions, options);
	plan->role = options->require_fence ? run->fence.role : NULL;
	log_migrating(run, doing);
	if (command_start(command, plan))
		return true;
	*step = end_with(run, EXIT_STEP_FAILED);
	return false;
}
