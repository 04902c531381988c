/*-------------------------------------------------------------------------
 *
 * probe.c
 *		One more client of a pool, which asks SELECT 1 all the time: how often,
 *		and how long the slowest answer took.
 *
 * What the other traffic of a service notices of replicas that start.  It says
 * when it is connected, and asks every 2 ms, until SIGTERM; then it prints the number of answers, the longest
 * time and the 99th percentile, in seconds.
 *
 *-------------------------------------------------------------------------
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "libpq-fe.h"

#define MAX_ANSWERS 1000000

static volatile sig_atomic_t is_over = 0;
static float answers[MAX_ANSWERS];

static void
be_over(int signal)
{
	is_over = 1;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int
by_size(const void *a, const void *b)
{
	float		difference = *(const float *) a - *(const float *) b;

	return (difference > 0) - (difference < 0);
}

int
main(void)
{
	PGconn	   *conn = PQconnectdb("");
	int			count = 0;

	signal(SIGTERM, be_over);
	PQclear(PQexec(conn, "SELECT 1"));
	puts("connected");
	fflush(stdout);
	while (!is_over && count < MAX_ANSWERS)
	{
		double		begin = now();
		PGresult   *result = PQexec(conn, "SELECT 1");

		if (PQresultStatus(result) != PGRES_TUPLES_OK)
		{
			fprintf(stderr, "probe: error: %s", PQerrorMessage(conn));
			return 1;
		}
		PQclear(result);
		answers[count++] = now() - begin;
		nanosleep(&(struct timespec) {.tv_nsec = 2000000}, NULL);
	}
	PQfinish(conn);
	qsort(answers, count, sizeof(answers[0]), by_size);
	printf("%d %.6f %.6f\n", count, count > 0 ? answers[count - 1] : 0,
		   count > 0 ? answers[(int) (0.99 * (count - 1))] : 0);

	return 0;
}
