/*-------------------------------------------------------------------------
 *
 * check.c
 *		"gw_bootstrap check": is the database at head?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "log.h"
#include "look.h"
#include "run.h"

static bool
ask_at_head(Session *session, const Options *options, Millis until, ExitCode *code)
{
	bool		at_head;

	if (!session_is_at_head(session, options, until, &at_head))
		return false;
	if (!at_head)
		log_info("not at head: found %s, wanted %s",
				 session_current_heads(session, options, until),
				 describe_expected(options));
	*code = at_head ? EXIT_READY : EXIT_NOT_AT_HEAD;
	return true;
}

ExitCode
check(const Options *options)
{
	return look(options, ask_at_head);
}
