/*-------------------------------------------------------------------------
 *
 * progress.c
 *		What is told while a replica waits, from time to time: why, and who migrates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <unistd.h>

#include "base/log.h"
#include "lock/sessions/sessions.h"
#include "progress/progress.h"

/* In a log after that time, then at growing intervals. */
#define FIRST_REPORT_MS 2000
#define LAST_REPORT_MS 30000

/* On a terminal. */
#define LINE_MS 1000

static bool on_terminal;
static Millis next_report;
static Millis interval = FIRST_REPORT_MS;	/* of the log */

/*
 * Ask who migrates.  If that fails, the round that follows tells why.
 */
static char *
ask_who_migrates(Run *run)
{
	char	   *who;

	if (run->session.conn == NULL)
		return NULL;
	who = describe_migration(&run->session, run->options, run->deadline.attempt);
	if (who == NULL)
		session_close(&run->session);
	return who;
}

/*
 * Say from time to time why we wait: on a terminal in a line that is written
 * over, in a log less and less often.
 */
static void
report(Run *run, const char *reason, const char *detail, const char *hint)
{
	double		waited = (now_ms() - run->start) / 1000.0;

	if (on_terminal)
	{
		show_line(waited, reason, detail, hint);
		next_report = now_ms() + LINE_MS;
		return;
	}
	log_event(LOG_INFO, detail, hint, "waiting for %.0f s: %s", waited, reason);
	next_report = now_ms() + interval;
	interval = Min(interval * 2, LAST_REPORT_MS);
}

/*
 * Between two rounds.  The details cost two round trips, so they are asked
 * for only when there is something to say.
 */
static void
report_waiting(Run *run)
{
	char	   *who;

	if (now_ms() < next_report || !log_is_wanted(LOG_INFO))
		return;
	who = ask_who_migrates(run);
	report(run, run->reason.message, who ? who : "", run->reason.hint);
	free(who);
}

/*
 * While the database has not answered.
 */
static void
report_no_answer(void *arg)
{
	Run		   *run = arg;
	char	   *before;

	if (run->session.running)
	{
		char	   *reason = psprintf("the statement of %s is running", run->session.running);

		report(run, reason, "", "");
		free(reason);
		return;
	}
	before = run->reason.kind == FAILURE_NONE ? pg_strdup("") :
												psprintf("Before that: %s.", run->reason.message);

	report(run, "no answer from the database yet", before,
		   "All connections of the pool may be in use, for instance by a migration.");
	free(before);
}

/*
 * Have it told, without being asked.
 */
void
take_progress(Run *run)
{
	next_report = now_ms() + FIRST_REPORT_MS;
	run->tell_waiting = report_waiting;
	run->session.report = report_no_answer;
	run->session.report_arg = run;
	run->session.report_due = &next_report;
	on_terminal = isatty(STDERR_FILENO) && log_is_text() && log_is_wanted(LOG_INFO);
	if (on_terminal)
		log_erase_by(erase_line);
}
