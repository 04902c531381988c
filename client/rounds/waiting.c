/*-------------------------------------------------------------------------
 *
 * waiting.c
 *		What is between two rounds: why there has to be another one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "lock/extension.h"
#include "rounds/rounds.h"

/* The pause between two looks: that and a part of the time waited, up to a limit. */
#define PAUSE_MIN_MS 70
#define PAUSE_PART 11
#define PAUSE_MAX_MS 2000

/* But as long as that many looks, up to another limit. */
#define PAUSE_LOOKS 6
#define PAUSE_BUSY_MS 3000

Step
end_with(Run *run, ExitCode code)
{
	run->code = code;
	return STEP_END;
}

/*
 * The time is up: what kept us from being ready is the last word.
 */
Step
end_at_deadline(Run *run)
{
	const Failure *reason = &run->reason;

	if (run->options->timeout > 0)
		log_event(LOG_ERROR, reason->detail, reason->hint, "deadline of %d s passed: %s",
				  run->options->timeout, reason->message);
	else
		log_failure(reason);
	return end_with(run, reason->code);
}

/*
 * How long to wait before the next round: a part of the time that we have
 * waited, so that whoever waits for a short migration is ready soon after it;
 * and more where a look takes long, so that many who wait leave the pooler to
 * those who work.  With jitter, so that replicas which start together don't ask
 * together.
 */
static Millis
next_pause(Run *run)
{
	Millis		now = now_ms();
	Millis		took = now - run->round_begun;
	Millis		most;

	/* of two, since all who start together make the first one long */
	took = Min(took, run->round_took);
	run->round_took = now - run->round_begun;
	if (run->wait_begun == 0)
		run->wait_begun = now;
	most = Min(PAUSE_MIN_MS + (now - run->wait_begun) / PAUSE_PART, PAUSE_MAX_MS);
	most = Max(most, Min(took * PAUSE_LOOKS, PAUSE_BUSY_MS));

	return most / 2 + (Millis) (drand48() * most / 2);
}

/*
 * Wait a little before the next round.  Whoever waits leaves the
 * connection to those who work: there may be more replicas than connections.
 */
Step
wait_round(Run *run)
{
	Millis		pause;

	if (run->tell_waiting)
		run->tell_waiting(run);
	session_close(&run->session);
	pause = next_pause(run);
	wait_until(NULL, 0, Min(now_ms() + pause, run->deadline.end));
	if (now_ms() < run->deadline.end || stop_signal() != 0)
		return STEP_AGAIN;
	return end_at_deadline(run);
}

/*
 * The same for whoever has the lock and is not to migrate now.
 */
Step
wait_without_lock(Run *run)
{
	if (!guard_end(&run->session, run->deadline.attempt))
		return handle_failure(run);
	return wait_round(run);
}

/*
 * Whether an attempt that failed tells less than what was known before it, since
 * the deadline has cut it short.
 */
bool
tells_less(const Run *run, const Failure *failure, const Failure *before)
{
	return failure->timed_out && before->kind != FAILURE_NONE && now_ms() >= run->deadline.end;
}

/*
 * Handle the failure of the session: start over if that can help.
 */
Step
handle_failure(Run *run)
{
	const Failure *failure = &run->session.failure;

	session_close(&run->session);
	if (stop_signal() != 0)
		return STEP_AGAIN;
	session_forget_extension(&run->session);
	if (failure->kind == FAILURE_FINAL)
	{
		log_failure(failure);
		return end_with(run, failure->code);
	}
	if (!tells_less(run, failure, &run->reason))
		failure_copy(&run->reason, failure);
	return wait_round(run);
}

/*
 * The guard is lost, and with it the lock.
 */
Step
start_over_unguarded(Run *run, const char *when)
{
	const Failure *failure = &run->session.failure;

	if (stop_signal() == 0)
		log_warning("lost the guard, and with it the lock: %s", failure->message);
	session_close(&run->session);
	set_reason(&run->reason, EXIT_DEADLINE, failure->hint,
			   "lost the guard %s: %s", when, failure->message);
	return wait_round(run);
}
