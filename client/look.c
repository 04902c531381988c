/*-------------------------------------------------------------------------
 *
 * look.c
 *		Look at a database until there is an answer, or no hope of one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/wait.h"
#include "lock/extension.h"
#include "look.h"

#define MOST_LOST 3

static ExitCode
ask_until(Session *session, const Options *options, Question question, Deadline deadline)
{
	ExitCode	code;
	int			round = 0;
	int			lost = 0;

	while (true)
	{
		session_close(session);
		if (session_open(session, options->conninfo, deadline.attempt) &&
			question(session, options, deadline.attempt, &code))
			return code;
		/* an extension that is dropped meanwhile is not waited for, but done without */
		if (lost < MOST_LOST && session_forget_extension(session))
			lost++;
		else if (session->failure.kind != FAILURE_RETRY || !wait_backoff(round++, deadline.end))
			break;
	}

	log_failure(&session->failure);
	return session->failure.code;
}

ExitCode
look_until(const Options *options, Question question)
{
	Session		session = {0};
	Millis		end = now_ms() + (Millis) options->timeout * 1000;
	ExitCode	code = ask_until(&session, options, question, set_deadline(end, options->timeout));

	session_close(&session);
	return stop_signal() ? EXIT_SIGNAL_BASE + stop_signal() : code;
}
