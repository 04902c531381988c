/*-------------------------------------------------------------------------
 *
 * judge_failed.c
 *		What a start does about a migration that its tool calls failed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/failed_migration.h"
#include "run/run.h"

/*
 * If that stays so, or is what our own has left, nothing that we do helps.
 */
static Step
judge_failed(Run *run, Heads *heads, bool ended)
{
	if (!ended &&
		!look_at_failed_migration(&run->session, run->options, run->deadline.attempt, heads))
		return handle_failure(run);
	if (ended || heads->outcome == HEADS_FAILED)
		return end_with(run, report_failed_migration(heads, run->options));
	set_reason(&run->reason, EXIT_DEADLINE,
			   "If that does not end, \"gw_bootstrap doctor\" tells whether somebody has the lock of the tool.",
			   "a migration is at work outside of the lock: found %s, wanted %s", heads->text,
			   describe_expected(&run->options->target));
	return wait_without_lock(run);
}

void
take_failed_migrations(Run *run)
{
	run->judge_failed = judge_failed;
}
