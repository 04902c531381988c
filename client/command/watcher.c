/*-------------------------------------------------------------------------
 *
 * watcher.c
 *		The processes between the client and a command.
 *
 * The lock is gone the moment the client dies, even by SIGKILL, so the
 * migration must be gone as well before another replica starts its own.
 * PR_SET_PDEATHSIG reaches only a direct child.  Hence the watcher: it is the
 * sub-reaper of all that the command starts, so that nothing escapes by
 * forking twice, and it sees the death of the client by the end of a pipe.
 *
 * A client that is stopped, or whose machine was suspended, does not die.  So
 * it gives a sign whenever its guard has answered; without one for longer than
 * a guard may be silent, the watcher kills at once, since somebody else may
 * have the lock by then.  The clock of both goes on during a suspend.  And the
 * watcher sees for itself when the guard's connection has ended.
 *
 * The watcher may be killed as well.  Between it and the client is the reaper,
 * which does nothing but inherit what the watcher leaves, and kill that.  So
 * any two of the three may be killed at the same moment.  The watcher does not
 * bear our name: "killall -9 gw_bootstrap" leaves it.
 *
 * Both keep the client's connections open, too: should the client die, the
 * server sees the guard's end only when they end, which is when nothing of
 * the command is left.
 *
 * They run in a session of their own: a terminal's Ctrl-C reaches the client
 * alone, which then stops the command in order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/processes.h"
#include "command/watcher.h"

/* How long what a command leaves behind has between SIGTERM and SIGKILL. */
#define LEFTOVER_GRACE_MS 2000

/*
 * How long the client has to stop the command itself once the guard's
 * connection has ended: its own grace, and a moment.
 */
#define GUARD_ENDED_MS 1500

/* How often to look whether what was killed is gone. */
#define KILL_INTERVAL_MS 100

#define FOR_EVER PG_INT64_MAX

typedef struct Watcher
{
	const Watched *watched;
	pid_t		command;
	bool		command_ended;
	Millis		last_sign;		/* of the client */
	bool		guard_ended;
	Millis		leftovers_until;	/* or 0 */
	int			silence;		/* timer that ends when the client is too late */
	CommandEnd	end;
} Watcher;

static int	child_pipe[2];
static char *arguments;
static size_t arguments_size;

/*
 * Where "ps" finds our arguments, which are one piece of memory.
 */
void
remember_arguments(int argc, char *argv[])
{
	arguments = argv[0];
	arguments_size = argv[argc - 1] + strlen(argv[argc - 1]) - argv[0];
}

/*
 * Call the watcher what it is.
 */
static void
rename_watcher(const char *name)
{
	prctl(PR_SET_NAME, "watcher");
	memset(arguments, 0, arguments_size);
	snprintf(arguments, arguments_size, "watcher of a %s", name);
}

static void
note_child(int signo)
{
	int			save_errno = errno;

	(void) !write(child_pipe[1], "", 1);
	errno = save_errno;
}

/*
 * Reap what has ended.  Returns false when no child is left.
 */
static bool
reap_children(Watcher *watcher)
{
	int			status;
	pid_t		pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
	{
		if (pid == watcher->command)
		{
			watcher->end.wait_status = status;
			watcher->command_ended = true;
		}
	}
	return pid == 0;
}

/*
 * Kill everything.  A killed process hands its children to us, so go on until
 * none is left.
 */
static void
kill_all(Watcher *watcher)
{
	while (reap_children(watcher))
	{
		struct pollfd fd = {.fd = child_pipe[0], .events = POLLIN};
		char		buffer[64];

		kill(-watcher->command, SIGKILL);
		signal_children(getpid(), SIGKILL);
		if (poll(&fd, 1, KILL_INTERVAL_MS) > 0)
			(void) !read(child_pipe[0], buffer, sizeof(buffer));
	}
}

/*
 * In the child: become the command.  Tells through the pipe why not.
 */
static void
become_command(const CommandPlan *plan, pid_t watcher, int failure)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != watcher)
		_exit(127);
	stop_waiting();
	signal(SIGCHLD, SIG_DFL);
	if (!plan->own_streams)
	{
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
		dup2(STDERR_FILENO, STDOUT_FILENO);
	}
	execvp(plan->argv[0], plan->argv);
	(void) !write(failure, &errno, sizeof(errno));
	_exit(127);
}

/*
 * Returns false, with the reason in "end", if there is no command.
 */
static bool
start_command(Watcher *watcher)
{
	pid_t		self = getpid();
	int			failure[2];

	if (pipe2(failure, O_CLOEXEC) == 0)
	{
		watcher->command = fork();
		if (watcher->command == 0)
			become_command(watcher->watched->plan, self, failure[1]);
		if (watcher->command > 0)
		{
			setpgid(watcher->command, watcher->command);
			close(failure[1]);
			watcher->end.not_executed =
				read(failure[0], &watcher->end.start_errno, sizeof(int)) > 0;
			close(failure[0]);
			return true;
		}
	}
	watcher->end.start_errno = errno;
	return false;
}

static void
set_silence_timer(const Watcher *watcher)
{
	Millis		at = watcher->last_sign + watcher->watched->plan->patience;
	struct itimerspec timer = {.it_value = {at / 1000, at % 1000 * 1000000}};

	timerfd_settime(watcher->silence, TFD_TIMER_ABSTIME, &timer, NULL);
}

/*
 * Take the orders of the client.  Returns false if it has gone, or is done
 * with the command.
 */
static bool
take_orders(Watcher *watcher)
{
	Order		order;
	ssize_t		len;

	while ((len = read(watcher->watched->orders, &order, sizeof(order))) == sizeof(order))
	{
		if (order.kind == ORDER_GO_ON)
		{
			if (!watcher->guard_ended)
				watcher->last_sign = order.at;
			set_silence_timer(watcher);
			continue;
		}
		kill(-watcher->command, SIGTERM);
		signal_children(getpid(), SIGTERM);
	}
	return len < 0;				/* there are no more for now */
}

/*
 * The connection of the guard, which we have as well, was closed at its other
 * end.  A client that lives has the command stopped; one that does not see it
 * must not keep us waiting for its next sign.  Nor is there anything to wait
 * for from one that is stopped, and who has the lock next may not know of us.
 */
static void
note_end_of_guard(Watcher *watcher)
{
	Millis		patience = watcher->watched->plan->patience;
	int			left = process_is_stopped(watcher->watched->client) ? 0 : GUARD_ENDED_MS;

	watcher->guard_ended = true;
	watcher->last_sign = Min(watcher->last_sign, now_ms() + left - patience);
	set_silence_timer(watcher);
}

/*
 * Whether the client was silent for longer than its guard may be.
 */
static bool
client_is_silent(Watcher *watcher)
{
	watcher->end.client_silent = watcher->watched->plan->patience != 0 &&
		now_ms() >= watcher->last_sign + watcher->watched->plan->patience;
	return watcher->end.client_silent;
}

/*
 * The command has ended; what it has left behind has a moment to do so, too.
 */
static void
end_leftovers(Watcher *watcher)
{
	watcher->end.leftovers = signal_children(getpid(), SIGTERM);
	watcher->leftovers_until = now_ms() + LEFTOVER_GRACE_MS;
}

/*
 * Watch over the command until nothing of it is left.
 */
static void
watch_command(Watcher *watcher)
{
	struct pollfd fds[] = {
		{.fd = watcher->watched->orders, .events = POLLIN},
		{.fd = child_pipe[0], .events = POLLIN},
		{.fd = watcher->silence, .events = POLLIN},
		{.fd = -1, .events = POLLRDHUP}};

	if (watcher->watched->plan->patience != 0)
		fds[3].fd = watcher->watched->plan->guard;

	while (reap_children(watcher))
	{
		char		buffer[64];
		Millis		left = -1;

		if (watcher->command_ended && watcher->leftovers_until == 0)
			end_leftovers(watcher);
		if (watcher->leftovers_until != 0)
			left = watcher->leftovers_until - now_ms();
		if (watcher->leftovers_until != 0 && left <= 0)
			break;
		poll(fds, lengthof(fds), left);
		if (fds[3].revents != 0)
		{
			fds[3].fd = -1;
			note_end_of_guard(watcher);
		}
		if (!take_orders(watcher) || client_is_silent(watcher))
			break;
		(void) !read(child_pipe[0], buffer, sizeof(buffer));
	}
	kill_all(watcher);
}

/*
 * In the watcher.  Does not return.
 */
static void
run_watcher(const Watched *watched)
{
	Watcher		watcher = {.watched = watched, .last_sign = now_ms()};
	struct sigaction action = {.sa_handler = note_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
	sigset_t	child;

	rename_watcher(watched->plan->name);
	fcntl(watched->orders, F_SETFL, O_NONBLOCK);
	watcher.silence = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watched->plan->patience != 0)
		set_silence_timer(&watcher);
	if (watcher.silence < 0 || pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		watcher.end.start_errno = errno;
	else
	{
		sigaction(SIGCHLD, &action, NULL);
		/* Whoever started us may have blocked it. */
		sigemptyset(&child);
		sigaddset(&child, SIGCHLD);
		sigprocmask(SIG_UNBLOCK, &child, NULL);
		if (start_command(&watcher))
			watch_command(&watcher);
	}
	(void) !write(watched->report, &watcher.end, sizeof(watcher.end));
	_exit(0);
}

/*
 * In the reaper: run the command under a watcher.  Does not return.  What is
 * the client's of the pipes is closed here.
 */
void
reap_command(const Watched *watched, int their_orders, int their_report)
{
	CommandEnd	end = {0};
	int			status;
	pid_t		watcher;

	close(their_orders);
	close(their_report);
	/* the signals that stop the client reach us through its orders only */
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	watcher = fork();
	if (watcher == 0)
	{
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		run_watcher(watched);
	}
	close(watched->orders);
	if (watcher < 0)
		end.start_errno = errno;
	else
	{
		while (waitpid(watcher, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			_exit(0);
		end.watcher_killed = true;
		kill_descendants(NULL, FOR_EVER);
	}
	(void) !write(watched->report, &end, sizeof(end));
	_exit(0);
}
