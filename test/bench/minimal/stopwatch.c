/*-------------------------------------------------------------------------
 *
 * stopwatch.c
 *		stopwatch COUNT COMMAND [ARG]...: run a program that often, and print
 *		the mean wall-clock time and CPU time of its processes in seconds, and
 *		the largest resident set of one in KiB.
 *
 * From just before it is started until it has been waited for, which a shell
 * or Perl could not tell apart from their own work.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double
seconds(struct timeval time)
{
	return time.tv_sec + time.tv_usec / 1e6;
}

int
main(int argc, char *argv[])
{
	int			count = argc > 2 ? atoi(argv[1]) : 0;
	struct timespec start;
	struct timespec end;
	double		cpu = 0;
	long		memory = 0;
	posix_spawn_file_actions_t quiet;

	if (count < 1)
		return 2;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < count; i++)
	{
		pid_t		pid;
		int			status;
		struct rusage usage;

		if (posix_spawnp(&pid, argv[2], &quiet, NULL, argv + 2, environ) != 0 ||
			wait4(pid, &status, 0, &usage) != pid || status != 0)
		{
			fprintf(stderr, "stopwatch: error: %s failed\n", argv[2]);
			return 1;
		}
		cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
		if (usage.ru_maxrss > memory)
			memory = usage.ru_maxrss;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.9f %.9f %ld\n",
		   (end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9) / count,
		   cpu / count, memory);

	return 0;
}
