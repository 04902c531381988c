/*-------------------------------------------------------------------------
 *
 * crowd.c
 *		crowd SECONDS COUNT COMMAND [ARG]...: start a program that often at once,
 *		and print a line for each of its processes.
 *
 * What replicas are that start at once.  A line has the time at which the
 * process was started and that at which it had ended, in seconds since 1970,
 * its CPU time in seconds, its largest resident set in KiB, and its exit code;
 * -1 for one that a signal ended.  What has not ended after SECONDS is killed
 * with all that it started.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

typedef struct Member
{
	pid_t		pid;
	double		started;
	int			ended;
} Member;

static volatile sig_atomic_t is_late = 0;

static void
be_late(int signal)
{
	is_late = 1;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static double
cpu_seconds(const struct rusage *usage)
{
	return usage->ru_utime.tv_sec + usage->ru_stime.tv_sec +
		(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/*
 * Each is a process group of its own, so that it can be killed as a whole.
 */
static void
start(Member *members, int count, char **command)
{
	posix_spawn_file_actions_t quiet;
	posix_spawnattr_t group;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&group);
	posix_spawnattr_setflags(&group, POSIX_SPAWN_SETPGROUP);
	for (int i = 0; i < count; i++)
	{
		members[i].started = now();
		if (posix_spawnp(&members[i].pid, command[0], &quiet, &group, command, environ) != 0)
		{
			fprintf(stderr, "crowd: error: could not start %s\n", command[0]);
			exit(1);
		}
	}
}

static void
kill_the_rest(const Member *members, int count)
{
	for (int i = 0; i < count; i++)
		if (!members[i].ended)
			kill(-members[i].pid, SIGKILL);
	is_late = 0;
}

static void
watch(Member *members, int count)
{
	for (int left = count; left > 0;)
	{
		struct rusage usage;
		int			status;
		pid_t		pid = wait4(-1, &status, 0, &usage);

		if (is_late)
			kill_the_rest(members, count);
		if (pid < 0 && errno != EINTR)
			return;
		for (int i = 0; pid > 0 && i < count; i++)
		{
			if (members[i].pid != pid)
				continue;
			printf("%.6f %.6f %.6f %ld %d\n", members[i].started, now(), cpu_seconds(&usage),
				   usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
			members[i].ended = 1;
			left--;
		}
	}
}

int
main(int argc, char *argv[])
{
	int			seconds = argc > 3 ? atoi(argv[1]) : 0;
	int			count = argc > 3 ? atoi(argv[2]) : 0;
	struct sigaction late = {.sa_handler = be_late};
	Member	   *members;

	if (seconds < 1 || count < 1)
		return 2;
	members = calloc(count, sizeof(Member));
	if (members == NULL)
		return 1;
	sigaction(SIGALRM, &late, NULL);
	alarm(seconds);
	start(members, count, argv + 3);
	watch(members, count);
	free(members);

	return 0;
}
