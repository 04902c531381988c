/*-------------------------------------------------------------------------
 *
 * watcher.c
 *		The process between the client and a command.
 *
 * The lock is gone the moment the client dies, even by SIGKILL, so the
 * migration must be gone as well before another replica starts its own.
 * PR_SET_PDEATHSIG reaches only a direct child.  Hence this process: it is
 * the sub-reaper of all that the command starts, so that nothing escapes by
 * forking twice, and it sees the death of the client by the end of a pipe.
 *
 * It keeps the client's connections open, too: should the client die, the
 * server sees the guard's end only when this process ends, which is when
 * nothing of the command is left.
 *
 * It runs in a session of its own: a terminal's Ctrl-C reaches the client
 * alone, which then stops the command in order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wait.h"
#include "command/watcher.h"

/* How long what a command leaves behind has between SIGTERM and SIGKILL. */
#define LEFTOVER_GRACE_MS 2000

static int	child_pipe[2];

static void
note_child(int signo)
{
	int			save_errno = errno;

	(void) !write(child_pipe[1], "", 1);
	errno = save_errno;
}

/*
 * Send a signal to every child.  Grandchildren whose parent has ended are
 * children of ours by now.  Returns how many there were.
 */
static int
signal_children(int signo)
{
	char		path[64];
	FILE	   *file;
	int			pid;
	int			count = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int) getpid());
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	while (fscanf(file, "%d", &pid) == 1)
	{
		kill(pid, signo);
		count++;
	}
	fclose(file);
	return count;
}

/*
 * Reap what has ended.  Returns false when no child is left.
 */
static bool
reap_children(pid_t command, CommandEnd *end, bool *command_ended)
{
	int			status;
	pid_t		pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
	{
		if (pid == command)
		{
			end->wait_status = status;
			*command_ended = true;
		}
	}
	return pid == 0;
}

/*
 * Kill everything.  A killed process hands its children to us, so go on until
 * none is left.
 */
static void
kill_all(pid_t command, CommandEnd *end, bool *command_ended)
{
	while (reap_children(command, end, command_ended))
	{
		struct pollfd fd = {.fd = child_pipe[0], .events = POLLIN};
		char		buffer[64];

		kill(-command, SIGKILL);
		signal_children(SIGKILL);
		if (poll(&fd, 1, 100) > 0)
			(void) !read(child_pipe[0], buffer, sizeof(buffer));
	}
}

/*
 * Should the watcher itself be killed, its children are the client's, which
 * is a sub-reaper for that time: none of them may outlive the lock.
 */
void
kill_children(void)
{
	while (waitpid(-1, NULL, WNOHANG) >= 0)
	{
		signal_children(SIGKILL);
		poll(NULL, 0, 10);
	}
}

static pid_t
start_command(const char *shell_command)
{
	pid_t		parent = getpid();
	pid_t		pid = fork();
	int			null;

	if (pid != 0)
		return pid;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	stop_waiting();
	signal(SIGCHLD, SIG_DFL);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execl("/bin/sh", "sh", "-c", shell_command, (char *) NULL);
	_exit(127);
}

/*
 * Handle one order of the client.  Returns false if that was to kill.
 */
static bool
take_order(int control, pid_t command)
{
	char		order;

	if (read(control, &order, 1) != 1 || order == WATCHER_KILL)
		return false;
	kill(-command, SIGTERM);
	signal_children(SIGTERM);
	return true;
}

/*
 * Run the command and watch over it.  Does not return.
 */
void
watch_command(const char *shell_command, int control, int report)
{
	CommandEnd	end = {0};
	bool		command_ended = false;
	bool		told_leftovers = false;
	Millis		kill_at = 0;
	sigset_t	child;
	struct sigaction action = {.sa_handler = note_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
	struct pollfd fds[2];
	pid_t		command;

	/* the signals that stop the client reach us through its orders only */
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		_exit(1);
	sigaction(SIGCHLD, &action, NULL);
	/* Whoever started us may have blocked it. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &child, NULL);

	command = start_command(shell_command);
	if (command < 0)
		_exit(1);
	setpgid(command, command);

	fds[0] = (struct pollfd) {.fd = control, .events = POLLIN};
	fds[1] = (struct pollfd) {.fd = child_pipe[0], .events = POLLIN};
	while (reap_children(command, &end, &command_ended))
	{
		char		buffer[64];
		int			timeout = -1;
		int			rc;

		if (command_ended && !told_leftovers)
		{
			end.leftovers = signal_children(SIGTERM);
			told_leftovers = true;
			kill_at = now_ms() + LEFTOVER_GRACE_MS;
		}
		if (kill_at != 0)
			timeout = Max(kill_at - now_ms(), 0);
		rc = poll(fds, 2, timeout);
		if (rc < 0)				/* SIGCHLD */
			continue;
		if (rc == 0 ||
			((fds[0].revents & (POLLIN | POLLHUP)) && !take_order(control, command)))
		{
			kill_all(command, &end, &command_ended);
			break;
		}
		if (fds[1].revents & POLLIN)
			(void) !read(child_pipe[0], buffer, sizeof(buffer));
	}

	(void) !write(report, &end, sizeof(end));
	_exit(0);
}
