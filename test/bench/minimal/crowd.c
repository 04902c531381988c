/*-------------------------------------------------------------------------
 *
 * crowd.c
 *		crowd COUNT COMMAND [ARG]...: start a program that often at once, and
 *		print the seconds until the last of its processes has ended, and those
 *		of CPU time that all of them took.
 *
 * What replicas are that start at once.  The time is from just before the
 * first is started.  It is an error if one of them fails.
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

int
main(int argc, char *argv[])
{
	int			count = argc > 2 ? atoi(argv[1]) : 0;
	int			failed = 0;
	struct timespec start;
	struct timespec end;
	struct rusage usage;
	posix_spawn_file_actions_t quiet;

	if (count < 1)
		return 2;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < count; i++)
	{
		pid_t		pid;

		if (posix_spawnp(&pid, argv[2], &quiet, NULL, argv + 2, environ) != 0)
		{
			fprintf(stderr, "crowd: error: could not start %s\n", argv[2]);
			return 1;
		}
	}
	for (int i = 0; i < count; i++)
	{
		int			status;

		failed += wait(&status) < 0 || status != 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (failed > 0)
	{
		fprintf(stderr, "crowd: error: %d of %d failed\n", failed, count);
		return 1;
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%.9f %.9f\n",
		   end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9,
		   usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		   (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);

	return 0;
}
