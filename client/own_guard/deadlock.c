/*-------------------------------------------------------------------------
 *
 * deadlock.c
 *		A command that waits for the lock of its own guard.
 *
 * Many tools take an advisory lock themselves, and some can be told its key.
 * The guard, which is asked for signs of life anyway, tells that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "own_guard/own_guard.h"
#include "server/answer.h"
#include "sql/sql_own_guard.h"

static struct
{
	Lookout		lookout;
	const Target *target;
	bool		asked;			/* whether our role may call what tells the sessions and locks */
	bool		told;
	int			asking;			/* backend that did so at the last look, or 0 */
} deadlock;

static Query
ask(const CommandPlan *plan)
{
	deadlock.lookout.due = now_ms() + HEARTBEAT_MS;
	return deadlock.asked ? sql_watch(deadlock.target, plan->sessions) : sql_may_watch();
}

/*
 * Say once that the command waits for the lock under which it runs: it has
 * asked for it, and waits, or asks again and again.
 */
static void
tell(const CommandPlan *plan, const PGresult *answer)
{
	const char *waiting = answer_text(answer, 0, WATCH_WAITING);
	const char *asking = answer_text(answer, 0, WATCH_ASKING);
	int			pid = asking ? atoi(asking) : 0;
	bool		again = pid != 0 && pid == deadlock.asking;
	char	   *detail;
	char	   *hint;

	deadlock.asking = pid;
	if (deadlock.told || (waiting == NULL && !again))
		return;
	deadlock.told = true;
	detail = waiting ? psprintf("Backend %s waits for it.", waiting) :
					   psprintf("The last statement of backend %d asked for an advisory lock"
								" and did not get it.",
								pid);
	hint = psprintf("Let the command%s%s migrate without taking a lock itself,"
					" or give the guard another one by --lock-key.",
					plan->source ? " of " : "", plan->source ? plan->source : "");
	log_event(LOG_WARNING, detail, hint,
			  "the %s %s for lock " INT64_FORMAT ", which its own guard has",
			  plan->name, waiting ? "waits" : "seems to wait", deadlock.target->lock_key);
	free(detail);
	free(hint);
}

static void
take(const CommandPlan *plan, const PGresult *answer)
{
	if (deadlock.asked)
		tell(plan, answer);
	else if (!answer_is_true(answer, 0, 0))
		deadlock.lookout.due = NEVER;
	deadlock.asked = true;
}

static bool
begin(Run *run, CommandPlan *plan, Step *step)
{
	deadlock.asked = deadlock.told = false;
	deadlock.asking = 0;
	deadlock.lookout.due = now_ms();
	return true;
}

void
look_for_deadlock(Run *run)
{
	deadlock.lookout = (Lookout) {.ask = ask, .take = take};
	deadlock.target = &run->options->target;
	ADD_PART(run->before_command, begin);
	ADD_PART(run->lookouts, &deadlock.lookout);
}
