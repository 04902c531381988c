/*-------------------------------------------------------------------------
 *
 * look.c
 *		Look at a database until there is an answer, or no hope of one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/look.h"
#include "run/run.h"

static ExitCode
ask_until(Session *session, const Options *options, Question question, Millis deadline)
{
	Millis		attempt_until = attempt_deadline(options, deadline);
	ExitCode	code;
	int			round = 0;

	do
	{
		session_close(session);
		if (session_open(session, options->conninfo, attempt_until) &&
			question(session, options, attempt_until, &code))
			return code;
	} while (session->failure.kind == FAILURE_RETRY && wait_backoff(round++, deadline));

	log_failure(&session->failure);
	return session->failure.kind == FAILURE_FINAL ? EXIT_REFUSED : EXIT_DEADLINE;
}

ExitCode
look(const Options *options, Question question)
{
	Session		session = {0};
	Millis		deadline = now_ms() + (Millis) options->timeout * 1000;
	ExitCode	code;

	set_backstop(attempt_deadline(options, deadline) + BACKSTOP_MS);
	code = ask_until(&session, options, question, deadline);
	session_close(&session);

	return stop_signal() ? EXIT_SIGNAL_BASE + stop_signal() : code;
}
