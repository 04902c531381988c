/*-------------------------------------------------------------------------
 *
 * wait.c
 *		Wait for something to happen, never for ever.
 *
 * All waiting of the client is one ppoll() with a time limit.  SIGTERM and
 * SIGINT are let in only there, so none is lost between a check and a wait.
 *
 * One thing cannot be waited for that way: libpq resolves host names with
 * getaddrinfo(), which blocks.  In such a call a signal ends the program at
 * once, and for the deadline there is a backstop, a timer that does so shortly
 * after it; the watcher of a running command then ends that, too.  What it says
 * is made beforehand, since a signal handler may only write.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/log.h"
#include "base/wait.h"

/* An attempt that begins just before the deadline may end just after it. */
#define LAST_ATTEMPT_MS 300

/* With a timeout of 0 there is one attempt, which is not for ever either. */
#define ONE_ATTEMPT_MS 10000

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000

static volatile sig_atomic_t signal_seen = 0;
static volatile sig_atomic_t in_blocking_call = false;

/* What to say at the backstop, in such a call and elsewhere. */
static char *volatile blocked_line = NULL;
static char *volatile hanging_line = NULL;
static Millis backstop = 0;
static sigset_t original_mask;
static sigset_t waiting_mask;	/* while we wait */
static sigset_t working_mask;

Millis
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (Millis) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
note_signal(int signo)
{
	if (in_blocking_call)
		_exit(EXIT_SIGNAL_BASE + signo);
	signal_seen = signo;
}

static void
set_timer(Millis left)
{
	struct itimerval timer = {{0, 0}, {left / 1000, left % 1000 * 1000}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void
end_at_backstop(int signo)
{
	const char *line = in_blocking_call ? blocked_line : hanging_line;
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
	int			saved_errno = errno;

	/* one that somebody else has sent, and in whose stead none has to come */
	if (backstop == 0 || now_ms() < backstop)
	{
		if (backstop != 0)
			set_timer(Max(backstop - now_ms(), 1));
		errno = saved_errno;
		return;
	}
	if (signal_seen != 0)
		_exit(EXIT_SIGNAL_BASE + signal_seen);
	/* async-signal-safe calls only, and none that blocks */
	if (line != NULL && poll(&fd, 1, 0) > 0)
		(void) !write(STDERR_FILENO, line, strlen(line));
	_exit(EXIT_DEADLINE);
}

/* The signals that we handle, and what was done about them before. */
static struct
{
	int			signo;
	void		(*handler)(int);
	struct sigaction original;
} handled[] = {
	{SIGTERM, note_signal},
	{SIGINT, note_signal},
	{SIGALRM, end_at_backstop},
	{SIGPIPE, SIG_IGN},
	{SIGXFSZ, SIG_IGN}};

/*
 * The signal that asked us to stop, or 0.
 */
int
stop_signal(void)
{
	return signal_seen;
}

/*
 * Acknowledge that signal, so that what is left to do can wait again.
 */
int
take_stop_signal(void)
{
	int			taken = signal_seen;

	signal_seen = 0;
	return taken;
}

void
start_waiting(void)
{
	sigprocmask(SIG_BLOCK, NULL, &original_mask);
	waiting_mask = original_mask;
	for (int i = 0; i < lengthof(handled); i++)
		sigdelset(&waiting_mask, handled[i].signo);
	working_mask = waiting_mask;
	sigaddset(&working_mask, SIGTERM);
	sigaddset(&working_mask, SIGINT);
	sigprocmask(SIG_SETMASK, &working_mask, NULL);

	for (int i = 0; i < lengthof(handled); i++)
		sigaction(handled[i].signo, &(struct sigaction) {.sa_handler = handled[i].handler},
				  &handled[i].original);

	/* pg_prng.c would do, but needs libm since 17 */
	srand48(getpid() ^ now_ms());
}

/*
 * Leave signals and timers as they were found, for a program to be executed.
 */
void
stop_waiting(void)
{
	set_backstop(0);
	for (int i = 0; i < lengthof(handled); i++)
		sigaction(handled[i].signo, &handled[i].original, NULL);
	sigprocmask(SIG_SETMASK, &original_mask, NULL);
}

/*
 * What to say of a deadline that passes meanwhile; the message is freed.
 */
static void
make_line(char *volatile *line, char *message)
{
	char	   *old = *line;

	*line = log_error_line(backstop - now_ms(), message);
	free(old);
	free(message);
}

/*
 * Between these two there is nothing to be put in order before the program
 * ends: no command runs, and a guard ends with its connection.
 */
void
begin_blocking_call(const char *doing)
{
	if (backstop != 0)
		make_line(&blocked_line,
				  psprintf("deadline passed in a call that cannot be interrupted%s%s",
						   *doing ? ": " : "", doing));
	in_blocking_call = true;
	sigprocmask(SIG_SETMASK, &waiting_mask, NULL);
}

void
end_blocking_call(void)
{
	sigprocmask(SIG_SETMASK, &working_mask, NULL);
	in_blocking_call = false;
}

/*
 * End the program at that time, whatever it is doing; 0 is never.
 * Returns the time that was set before.
 */
Millis
set_backstop(Millis when)
{
	Millis		previous = backstop;

	set_timer(0);
	backstop = when;
	if (when != 0)
	{
		make_line(&hanging_line,
				  pg_strdup("deadline passed while this client was stopped, or could not go on"));
		set_timer(Max(when - now_ms(), 1));
	}
	return previous;
}

/*
 * A deadline that the client keeps whatever happens.
 */
Deadline
set_deadline(Millis end, int timeout)
{
	Deadline	deadline = {
		.end = end,
		.attempt = end + (timeout == 0 ? ONE_ATTEMPT_MS : LAST_ATTEMPT_MS),
	};

	set_backstop(deadline.attempt + BACKSTOP_MS);
	return deadline;
}

/*
 * Wait until one of the descriptors has an event.  Returns false when the
 * time has come or a signal asks us to stop.
 */
bool
wait_until(struct pollfd *fds, int nfds, Millis until)
{
	for (;;)
	{
		Millis		left = until - now_ms();
		struct timespec timeout;
		int			rc;

		if (stop_signal() != 0)
			return false;
		left = Max(left, 0);
		timeout.tv_sec = left / 1000;
		timeout.tv_nsec = left % 1000 * 1000000;
		rc = ppoll(fds, nfds, &timeout, &waiting_mask);
		if (rc > 0)
		{
			/* it lets in no signal if there is something at once, perhaps ever again */
			sigprocmask(SIG_SETMASK, &waiting_mask, NULL);
			sigprocmask(SIG_SETMASK, &working_mask, NULL);
			return true;
		}
		if (rc == 0 || errno != EINTR)
			return false;
	}
}

/*
 * Wait before the next try: exponential with full jitter, so that replicas
 * which start together don't ask together.  Returns false when the deadline
 * has passed or a signal asks us to stop.
 */
bool
wait_backoff(int round, Millis deadline)
{
	Millis		most = Min((Millis) BACKOFF_MIN_MS << Min(round, 6), BACKOFF_MAX_MS);
	Millis		pause = BACKOFF_MIN_MS +
		(Millis) (drand48() * (most - BACKOFF_MIN_MS));
	Millis		now = now_ms();

	if (now >= deadline)
		return false;
	wait_until(NULL, 0, Min(now + pause, deadline));

	return stop_signal() == 0 && now_ms() < deadline;
}
