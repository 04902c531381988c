/*-------------------------------------------------------------------------
 *
 * round.c
 *		One round: look at the database, and do what there is to do.
 *
 * Whoever has to wait asks again and again, and holds no backend of a pooler
 * and no snapshot in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "lock/extension.h"
#include "run/run.h"

/*
 * Say what hinders us, as far as we may know.
 */
static char *
describe_hindrance(const Run *run, const TryResult *found)
{
	char	   *holder;
	char	   *hindrance;

	if (found->holder_state == HOLDER_NONE)
		return pg_strdup("the head table is locked, or the lock has just been released");
	holder = describe_holder(found->holder_state, found->holder_pid);
	hindrance = psprintf("lock " INT64_FORMAT " is held by %s",
						 run->options->target.lock_key, holder);
	free(holder);
	return hindrance;
}

static char *
advise_on_holder(const Run *run, const TryResult *found)
{
	if (found->holder_state == HOLDER_PREPARED)
		return pg_strdup(END_PREPARED);
	if (found->holder_state == HOLDER_ORPHANED && run->orphans)
		return run->orphans->advise(run);
	return NULL;
}

static void
forget_heads_before(Run *run)
{
	pg_free(run->heads_before);
	run->heads_before = NULL;
}

/*
 * Somebody else has the lock.
 */
Step
handle_busy(Run *run, TryResult *found)
{
	char	   *hindrance;
	char	   *advice;
	char	   *heads;
	Step		step;

	if (run->orphans)
		run->orphans->note(run, found);
	for (int i = 0; run->when_busy[i]; i++)
	{
		if (!run->when_busy[i](run, found, &step))
			return step;
	}
	if (found->holder_state == HOLDER_ORPHANED)
		forget_heads_before(run);	/* it migrates nothing, and whoever ends it need not */
	else if (run->heads_before == NULL && found->holder_pid[0])
		run->heads_before = pg_strdup(found->heads.text);
	hindrance = describe_hindrance(run, found);
	advice = advise_on_holder(run, found);
	heads = run->options->mode->needs & NEEDS_HEADS ?
		psprintf("; found %s, wanted %s", found->heads.text,
				 describe_expected(&run->options->target)) :
		pg_strdup("");
	set_reason(&run->reason, EXIT_DEADLINE, advice, "%s%s", hindrance, heads);
	free(hindrance);
	free(advice);
	free(heads);
	if (run->orphans && !run->orphans->end(run))
		return handle_failure(run);
	return wait_without_lock(run);
}

/*
 * The database is ahead: no migration of ours can help, nor would waiting.
 */
static Step
handle_ahead(Run *run, const Heads *heads)
{
	ExitCode	code = report_ahead(heads, run->options);

	run->ahead = code == EXIT_READY;
	return run->ahead ? STEP_READY : end_with(run, code);
}

/*
 * Nobody can tell a migration that failed from one that was killed, so each replica tries
 * it, but says so.
 */
static void
tell_of_failed_attempt(Run *run, const Heads *heads)
{
	if (run->heads_before != NULL && strcmp(run->heads_before, heads->text) == 0)
		log_event(LOG_INFO, "Its migration failed, was ended, or could not begin.",
				  "If it is the migration that is wrong, each replica fails in its turn:"
				  " let one Job migrate, and the others wait with"
				  " --skip-migrations.",
				  "another replica had the lock and has left the heads as they were:"
				  " trying it here");
	forget_heads_before(run);
}

/*
 * What was found under the lock decides, or, while somebody else has it, what
 * is there so far.
 */
static Step
try_to_migrate(Run *run)
{
	TryResult	try = run->session.way->open_guard(&run->session, &run->options->target,
												 run->deadline.attempt);

	switch (try.outcome)
	{
		case OUTCOME_FAILED:
			return handle_failure(run);
		case OUTCOME_AT_HEAD:
			guard_end(&run->session, run->deadline.attempt);
			return STEP_READY;
		case OUTCOME_AHEAD:
			guard_end(&run->session, run->deadline.attempt);
			return handle_ahead(run, &try.heads);
		case OUTCOME_FAILED_MIGRATION:
			if (!guard_end(&run->session, run->deadline.attempt) || !run->judge_failed)
				return handle_failure(run);
			return run->judge_failed(run, &try.heads, false);
		case OUTCOME_BUSY:
			return handle_busy(run, &try);
		case OUTCOME_ACQUIRED:
			tell_of_failed_attempt(run, &try.heads);
			break;
	}
	return run->migrate(run);
}

/*
 * The database is not at head, and we are not to change that.
 */
static Step
wait_for_others(Run *run, const Heads *heads)
{
	const char *hint = run->options->skip_migrations ?
		"Migrations are skipped here: let their owner run them, or wait longer with --timeout." :
		"Use --migrate or --migrate-sql, or"
		" --skip-migrations --timeout=SECONDS to wait for somebody else.";

	set_reason(&run->reason, EXIT_NOT_AT_HEAD, hint,
			   "the database is not at head: found %s, wanted %s",
			   heads->text, describe_expected(&run->options->target));
	if (run->options->skip_migrations)
		return wait_round(run);

	log_failure(&run->reason);
	return end_with(run, EXIT_NOT_AT_HEAD);
}

/*
 * Look at the heads alone, which is all that a replica at head needs: one
 * round trip.  STEP_AGAIN if there is more to do.
 */
static Step
look_at_heads(Run *run, bool may_migrate)
{
	const Options *options = run->options;
	Session    *session = &run->session;
	bool		at_head;
	Heads		heads;

	if (!session_is_at_head(session, options, run->deadline.attempt, &at_head))
		return handle_failure(run);
	if (at_head)
		return STEP_READY;
	if (!may_migrate || needs_outcome(&options->target))
	{
		if (!session->way->read_heads(session, &options->target, run->deadline.attempt, &heads) &&
			needs_outcome(&options->target))
			return handle_failure(run);
		if (is_ahead(&heads))
			return handle_ahead(run, &heads);
		if (heads.outcome == HEADS_FAILED && run->judge_failed)
			return run->judge_failed(run, &heads, false);
	}
	run->looked = true;
	if (!may_migrate)
		return wait_for_others(run, &heads);
	if (now_ms() < run->deadline.end)
		return STEP_AGAIN;
	set_reason(&run->reason, EXIT_DEADLINE, NULL,
			   "the database is not at head, and there is no time to migrate");
	return end_at_deadline(run);
}

static bool
may_write(Run *run, bool may_migrate)
{
	return run->fence == NULL || run->fence->may_write(run, may_migrate);
}

Step
one_round(Run *run)
{
	bool		may_migrate = run->migrate != NULL;

	/* or the extension has been found to be gone */
	if (run->session.way == NULL)
		run->looked = false;
	if (!session_be_idle(&run->session, run->options->conninfo, run->deadline.attempt))
		return handle_failure(run);

	/* later rounds ask with "try", which tells the same and may take the lock */
	if (!run->looked || !may_migrate)
	{
		Step		step = look_at_heads(run, may_migrate);

		if (step == STEP_READY && !may_write(run, false))
			return handle_failure(run);
		if (step != STEP_AGAIN || !run->looked || !may_migrate)
			return step;
	}
	if (!may_write(run, true))
		return handle_failure(run);
	return try_to_migrate(run);
}
