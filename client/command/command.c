/*-------------------------------------------------------------------------
 *
 * command.c
 *		A shell command that runs under a watcher.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wait.h"
#include "command/command.h"
#include "command/environment.h"
#include "options/application_name.h"
#include "port.h"

/* How long it may take until killed processes are gone. */
#define STOP_MS 2000

/*
 * Start a shell command.  Returns false, with the reason logged, if the
 * system lets us start none.  It finds the URL, unless NULL, in DATABASE_URL.
 */
bool
command_start(Command *command, const char *name, const char *shell_command,
			  const Options *options, const char *database_url)
{
	int			control[2];
	int			report[2];

	command->name = name;
	if (pipe2(control, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
	{
		log_error("could not create pipe: %m");
		return false;
	}
	fflush(NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	command->watcher = fork();
	if (command->watcher < 0)
	{
		log_error("could not start %s: %m", name);
		return false;
	}
	if (command->watcher == 0)
	{
		close(control[1]);
		close(report[0]);
		set_command_environment(command_application_name(name, options), database_url);
		watch_command(shell_command, control[0], report[1]);
	}
	close(control[0]);
	close(report[1]);
	command->control = control[1];
	command->report = report[0];

	return true;
}

/*
 * Take the watcher's report, once its pipe can be read.  Returns false if the
 * watcher itself was killed.
 */
bool
command_end(Command *command, CommandEnd *end)
{
	bool		reported = read(command->report, end, sizeof(*end)) == sizeof(*end);

	close(command->control);
	close(command->report);
	if (!reported)
		kill_children();
	waitpid(command->watcher, NULL, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 0);

	return reported;
}

/*
 * Wait for the watcher's report although a signal has asked us to stop.
 */
static bool
wait_for_report(Command *command, Millis until)
{
	struct pollfd fd = {.fd = command->report, .events = POLLIN};
	int			rc;

	do
		rc = poll(&fd, 1, Max(until - now_ms(), 0));
	while (rc < 0 && errno == EINTR);

	return rc > 0;
}

/*
 * Stop the command and all that it started: SIGTERM, and SIGKILL after a
 * grace, in milliseconds.
 */
void
command_stop(Command *command, int grace)
{
	CommandEnd	end;
	Millis		backstop;

	/* The grace may reach beyond the deadline, but is bounded as well. */
	backstop = set_backstop(now_ms() + grace + STOP_MS);
	log_info("stopping the %s", command->name);
	(void) !write(command->control, &(char) {WATCHER_TERMINATE}, 1);
	if (!wait_for_report(command, now_ms() + grace))
	{
		log_info("killing the %s, which did not end within %d ms of SIGTERM",
				 command->name, grace);
		(void) !write(command->control, &(char) {WATCHER_KILL}, 1);
	}
	command_end(command, &end);
	set_backstop(backstop > now_ms() ? backstop : 0);
}

/*
 * Judge how a command ended, and say what is wrong with it.
 */
bool
command_succeeded(const Command *command, const CommandEnd *end)
{
	if (end->leftovers > 0)
		log_warning("the %s left %d process(es) behind, which were ended",
					command->name, end->leftovers);
	if (end->wait_status == 0)
		return true;
	log_event(LOG_ERROR,
			  psprintf("The command is that of %s.",
					   option_source(strcmp(command->name, "post step") == 0 ? "--post" : "--migrate")),
			  NULL, "%s failed: %s", command->name, wait_result_to_str(end->wait_status));
	return false;
}
