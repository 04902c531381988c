/*-------------------------------------------------------------------------
 *
 * check.c
 *		"gw_bootstrap check": is the database at head?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "common/logging.h"
#include "run.h"
#include "session.h"
#include "wait.h"

ExitCode
check(const Options *options)
{
	Session		session = {0};
	Millis		deadline = now_ms() + (Millis) options->timeout * 1000;
	bool		at_head = false;
	ExitCode	code = EXIT_NOT_AT_HEAD;

	set_backstop(deadline + 500);
	if (!session_open(&session, options, deadline) ||
		!session_is_at_head(&session, options, deadline, &at_head))
	{
		code = session.failure.kind == FAILURE_FINAL ? EXIT_REFUSED : EXIT_DEADLINE;
		log_failure(&session.failure);
	}
	else if (at_head)
		code = EXIT_READY;
	else
		pg_log_info("not at head: found %s", session_current_heads(&session, options, deadline));
	session_close(&session);

	return stop_signal() ? EXIT_SIGNAL_BASE + stop_signal() : code;
}
