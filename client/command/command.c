/*-------------------------------------------------------------------------
 *
 * command.c
 *		A command that runs under a watcher.
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
#include "command/processes.h"
#include "port.h"

/* What is said of a command that SIGKILL has not ended. */
static void (*const tellers[])(const Command *command) = {
	tell_of_stuck,
	NULL};

/*
 * Without /proc one could neither stop what a command has left behind, nor
 * know that nothing is left.
 */
static bool
can_watch(const CommandPlan *plan)
{
	if (processes_are_visible())
		return true;
	log_error_hint("Mount /proc, or use a file of SQL instead of the command, which needs no process.",
				   "cannot run the %s: /proc does not show the processes here", plan->name);
	return false;
}

/*
 * What mends that the system gives us no process, or no pipe to it.
 */
static const char *
advise_on_limit(int error)
{
	if (error == EMFILE)
		return "See the limit on open files: ulimit -n.";
	if (error == ENFILE)
		return "The system has too many open files: see fs.file-max.";
	return "See the limits on processes: ulimit -u, and pids.max of the container.";
}

/*
 * Why there was no command.
 */
static void
explain_no_start(const CommandPlan *plan, const CommandEnd *end, const char *detail)
{
	const char *program = plan->argv[0];
	const char *hint = NULL;

	errno = end->start_errno;
	if (!end->not_executed)
	{
		log_event(LOG_ERROR, detail, advise_on_limit(end->start_errno), "could not start the %s: %m", plan->name);
		return;
	}
	if (plan->source && strcmp(program, SHELL) == 0)
		hint = "An image without a shell takes the command as a JSON array: [\"alembic\", \"upgrade\", \"head\"].";
	log_event(LOG_ERROR, detail, hint, "could not execute \"%s\" for the %s: %m",
			  program, plan->name);
}

/*
 * In the reaper, what the command is to find.
 */
static void
set_environment(const CommandPlan *plan)
{
	const char *outer = getenv(GUARD_VARIABLE);

	set_command_environment(plan->sessions, plan->database_url);
	if (plan->guard_name)
		setenv(GUARD_VARIABLE,
			   psprintf("%s%s%s", outer ? outer : "", outer ? " " : "", plan->guard_name), 1);
	if (plan->token)
		setenv(TOKEN_VARIABLE, plan->token, 1);
	else
		unsetenv(TOKEN_VARIABLE);
}

/*
 * Start a command.  Returns false, with the reason logged, if the system lets
 * us start none.
 */
bool
command_start(Command *command, const CommandPlan *plan)
{
	Watched		watched = {.plan = plan, .client = getpid()};
	int			orders[2];
	int			report[2];

	*command = (Command) {.plan = plan};
	if (!can_watch(plan))
		return false;
	/* before the pipes, which take more of the files that may be open */
	command->not_ours = children_of(getpid());
	if (pipe2(orders, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
	{
		log_error_hint(advise_on_limit(errno), "could not create pipe: %m");
		return false;
	}
	watched.orders = orders[0];
	watched.report = report[1];
	fflush(NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	command->reaper = fork();
	if (command->reaper < 0)
	{
		explain_no_start(plan, &(CommandEnd) {.start_errno = errno}, NULL);
		return false;
	}
	if (command->reaper == 0)
	{
		set_environment(plan);
		reap_command(&watched, orders[1], report[0]);
	}
	close(orders[0]);
	close(report[1]);
	/* never wait for a watcher that is stopped */
	fcntl(orders[1], F_SETFL, O_NONBLOCK);
	command->orders = orders[1];
	command->report = report[0];

	return true;
}

static void
give_order(Command *command, Order order)
{
	(void) !write(command->orders, &order, sizeof(order));
}

/*
 * Tell the watcher that the guard was still alive at that time.
 */
void
command_go_on(Command *command, Millis guard_alive_at)
{
	give_order(command, (Order) {.kind = ORDER_GO_ON, .at = guard_alive_at});
}

/*
 * Wait for the report, or its end, although a signal has asked us to stop.
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
 * Take the report, once its pipe can be read.  If there is none, reaper and
 * watcher were both killed: their children are ours then, and none of them may
 * outlive the lock.
 */
void
command_end(Command *command, CommandEnd *end)
{
	bool		reported = read(command->report, end, sizeof(*end)) == sizeof(*end);

	if (!reported)
		*end = (CommandEnd) {.watcher_killed = true};
	close(command->orders);
	/* both end by themselves, which ends the pipe */
	if (reported && wait_for_report(command, now_ms() + STOP_MS))
		waitpid(command->reaper, NULL, 0);
	close(command->report);
	kill_descendants(command->not_ours, now_ms() + STOP_MS);
	free(command->not_ours);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/*
 * Wake reaper and watcher, should somebody have stopped them.
 */
static void
wake_watcher(Command *command)
{
	pid_t	   *children = children_of(getpid());

	for (pid_t *child = children; *child != 0; child++)
	{
		if (is_among(*child, command->not_ours))
			continue;
		kill(*child, SIGCONT);
		signal_children(*child, SIGCONT);
	}
	free(children);
}

/*
 * Stop the command and all that it started: SIGTERM, and SIGKILL after a
 * grace, in milliseconds.  The watcher itself may be stopped and has to be
 * woken.  Returns false if something was still there at the deadline.
 */
bool
command_stop(Command *command, int grace, Millis deadline)
{
	CommandEnd	end;
	Millis		backstop = set_backstop(0);	/* nothing here blocks */
	bool		ended;

	log_info("stopping the %s", command->plan->name);
	give_order(command, (Order) {.kind = ORDER_TERMINATE});
	wake_watcher(command);
	ended = wait_for_report(command, now_ms() + grace);
	if (!ended)
	{
		log_info("killing the %s, which did not end within %d ms of SIGTERM",
				 command->plan->name, grace);
		close(command->orders);
		command->orders = -1;
		ended = wait_for_report(command, now_ms() + STOP_MS);
	}
	for (int i = 0; !ended && tellers[i]; i++)
		tellers[i](command);
	if (!ended)
		ended = wait_until(&(struct pollfd) {.fd = command->report, .events = POLLIN}, 1, deadline);
	if (ended)
		command_end(command, &end);
	set_backstop(backstop > now_ms() ? backstop : 0);
	return ended;
}

/*
 * Judge how a command ended, and say what is wrong with it.
 */
bool
command_succeeded(const Command *command, const CommandEnd *end)
{
	const CommandPlan *plan = command->plan;
	const char *detail = plan->source ? psprintf("The command is that of %s.", plan->source) : NULL;

	if (end->start_errno != 0)
	{
		explain_no_start(plan, end, detail);
		return false;
	}
	if (end->watcher_killed)
	{
		log_error("the watcher of the %s was killed", plan->name);
		return false;
	}
	if (end->leftovers > 0)
		log_warning("the %s left %d process(es) behind, which were ended",
					plan->name, end->leftovers);
	if (end->wait_status == 0)
		return true;
	log_event(LOG_ERROR, detail, NULL, "%s failed: %s", plan->name,
			  wait_result_to_str(end->wait_status));
	return false;
}
