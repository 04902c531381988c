/*-------------------------------------------------------------------------
 *
 * round.c
 *		What is between two rounds: why there has to be another one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "log.h"
#include "round.h"

#define LAST_REPORT_MS 30000

/*
 * Say from time to time why we wait.
 */
void
report_waiting(Run *run)
{
	Millis		now = now_ms();

	if (now < run->next_report)
		return;
	log_event(LOG_INFO, NULL, run->remedy, "waiting for %.0f s: %s",
			  (now - run->start) / 1000.0, run->reason);
	run->next_report = now + run->report_interval;
	run->report_interval = Min(run->report_interval * 2, LAST_REPORT_MS);
}

ExitCode
end_at_deadline(const Run *run)
{
	if (run->options->timeout > 0)
		log_error_hint(run->remedy, "deadline of %d s passed: %s", run->options->timeout, run->reason);
	else
		log_error_hint(run->remedy, "%s", run->reason);
	return run->reason_code;
}

/*
 * Wait a little before the next round.
 */
Step
wait_round(Run *run, ExitCode *code)
{
	report_waiting(run);
	if (wait_backoff(run->round++, run->deadline) || stop_signal() != 0)
		return STEP_AGAIN;
	*code = end_at_deadline(run);
	return STEP_END;
}

/*
 * Handle the failure of the session: start over if that can help.
 */
Step
handle_failure(Run *run, ExitCode *code)
{
	const Failure *failure = &run->session.failure;

	session_close(&run->session);
	if (stop_signal() != 0)
		return STEP_AGAIN;
	if (failure->kind == FAILURE_FINAL)
	{
		log_failure(failure);
		*code = EXIT_REFUSED;
		return STEP_END;
	}
	/* an attempt that the deadline cuts short tells less than the one before */
	if (!failure->timed_out || run->reason[0] == '\0' || now_ms() < run->deadline)
	{
		strlcpy(run->reason, failure->message, sizeof(run->reason));
		strlcpy(run->remedy, failure->hint, sizeof(run->remedy));
		run->reason_code = EXIT_DEADLINE;
	}
	return wait_round(run, code);
}
