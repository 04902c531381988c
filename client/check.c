/*-------------------------------------------------------------------------
 *
 * check.c
 *		"gw_bootstrap check": is the database at head?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "log.h"
#include "run.h"
#include "session.h"
#include "wait.h"

/*
 * Look until there is an answer, or no hope of one.
 */
static ExitCode
look(Session *session, const Options *options, Millis deadline)
{
	Millis		attempt_until = attempt_deadline(options, deadline);
	Heads		heads;
	bool		at_head;
	int			round = 0;

	do
	{
		session_close(session);
		if (session_open(session, options->conninfo, attempt_until) &&
			session_is_at_head(session, options, attempt_until, &at_head))
		{
			if (at_head)
				return EXIT_READY;
			if (session_read_heads(session, options, attempt_until, &heads) || !options->alembic)
			{
				if (is_ahead(&heads))
					return report_ahead(&heads, options);
				log_info("not at head: found %s, wanted %s", heads.text, describe_expected(options));
				return EXIT_NOT_AT_HEAD;
			}
		}
	} while (session->failure.kind == FAILURE_RETRY && wait_backoff(round++, deadline));

	log_failure(&session->failure);
	return session->failure.kind == FAILURE_FINAL ? EXIT_REFUSED : EXIT_DEADLINE;
}

ExitCode
check(const Options *options)
{
	Session		session = {0};
	Millis		deadline = now_ms() + (Millis) options->timeout * 1000;
	ExitCode	code;

	set_backstop(attempt_deadline(options, deadline) + BACKSTOP_MS);
	code = look(&session, options, deadline);
	session_close(&session);

	return stop_signal() ? EXIT_SIGNAL_BASE + stop_signal() : code;
}
