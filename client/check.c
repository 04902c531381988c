/*-------------------------------------------------------------------------
 *
 * check.c
 *		"gw_bootstrap check": is the database at head?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "commands.h"
#include "lock/extension.h"
#include "lock/failed_migration.h"
#include "look.h"

static bool
ask_at_head(Session *session, const Options *options, Millis until, ExitCode *code)
{
	Heads		heads;
	bool		at_head;

	if (!session_is_at_head(session, options, until, &at_head))
		return false;
	*code = EXIT_READY;
	if (at_head)
		return true;
	if (!session->way->read_heads(session, &options->target, until, &heads) &&
		needs_outcome(&options->target))
		return false;
	if (heads.outcome == HEADS_FAILED &&
		!look_at_failed_migration(session, options, until, &heads))
		return false;
	*code = EXIT_NOT_AT_HEAD;
	if (is_ahead(&heads))
		*code = report_ahead(&heads, options);
	else if (heads.outcome == HEADS_FAILED)
		*code = report_failed_migration(&heads, options);
	else
		log_info("not at head: found %s, wanted %s", heads.text,
				 describe_expected(&options->target));
	return true;
}

ExitCode
do_check(const Options *options)
{
	return look_until(options, ask_at_head);
}
