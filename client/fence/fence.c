/*-------------------------------------------------------------------------
 *
 * fence.c
 *		What follows from a fence for a migration, and from there being none.
 *
 * A role that only migrates may be fenced.  Its sessions then write only if
 * they show the token of the guard that holds the lock at that moment; so the
 * command is given it, and nobody else is.
 *
 * A fence is only proven by a session that was seen to show the token: the
 * command may have found its way to the database, and its role, elsewhere.  The
 * server keeps no record of sessions that have ended.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "command/environment.h"
#include "fence/fence.h"
#include "sql/sql_fence.h"

/*
 * How often to look for a session that shows the token, until there is one: a
 * part of the time since the command began, within these.  Its sessions may be
 * short.
 */
#define LOOK_MIN_MS 2
#define LOOK_MAX_MS 20
#define LOOK_PART 100

static struct
{
	bool		may_write;		/* our own role, as far as it is to */
	Fence		fence;			/* of the role that migrates */
	const Target *target;
	const char *token;			/* that is to be seen */
	Millis		begun;
	Lookout		lookout;
	bool		seen;
} look;

/*
 * That is asked once, and not at all where nothing is written without a guard.
 */
static bool
may_write(Run *run, bool may_migrate)
{
	const Options *options = run->options;
	bool		writes = run->post[0] || (may_migrate && options->create_extension);

	if (writes && !look.may_write)
		look.may_write = may_write_here(&run->session, options, run->deadline.attempt);
	return !writes || look.may_write;
}

static bool
ask_role(Run *run, Session *session, Millis until)
{
	bool		answered = ask_fence(session, &look.fence, until);

	run->fenced = answered && is_fenced(&look.fence, run->options);
	return answered;
}

/*
 * A fence that would refuse all, or one that is missing where a command has to
 * have it.
 */
bool
refuse_wrong_fence(const Options *options, const Fence *fence)
{
	if (options->require_fence && !options->migrate_sql && (fence->key[0] == '\0' || fence->warns))
		log_event(LOG_ERROR,
				  fence->warns ? "Its gw_bootstrap.fence_mode is warn, which lets it write." : NULL,
				  "Name a role that is fenced in --migration-url: ALTER ROLE ... SET"
				  " session_preload_libraries = 'gw_bootstrap' and SET gw_bootstrap.fence_key,"
				  " by a superuser; or migrate by --migrate-sql.",
				  "the role of the migration is not fenced, which %s asks for",
				  option_source("--require-fence"));
	else if (fence->key[0] != '\0' && strtoll(fence->key, NULL, 10) != options->target.lock_key)
		log_event(LOG_ERROR, NULL,
				  psprintf("Use --lock-key=%s, or have a superuser give the role another"
						   " gw_bootstrap.fence_key.",
						   fence->key),
				  "the role of the migration is fenced by key %s, but the lock is " INT64_FORMAT,
				  fence->key, options->target.lock_key);
	else
		return false;
	return true;
}

/*
 * Get the token that the command is to show, if anybody asks for it.
 */
static bool
take_token(Run *run, CommandPlan *plan, Step *step)
{
	PGresult   *result;

	look.lookout.due = NEVER;
	if (refuse_wrong_fence(run->options, &look.fence))
	{
		*step = end_with(run, EXIT_REFUSED);
		return false;
	}
	if (look.fence.key[0] == '\0')
		return true;
	result = session_query(&run->session, sql_token(), run->deadline.attempt);
	if (result == NULL)
	{
		*step = handle_failure(run);
		return false;
	}
	plan->token = pg_strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	plan->sessions = psprintf("gw_bootstrap %s %s", MIGRATION, plan->token);
	if (run->fenced)
	{
		run->safety = CLASS_FENCED;
		run->safety_detail = "The role is fenced: without this guard the server"
							 " refuses what it writes.";
	}
	look.token = plan->token;
	look.seen = false;
	look.begun = now_ms();
	if (run->options->require_fence)
		look.lookout.due = look.begun;
	return true;
}

static Query
ask_for_token(const CommandPlan *plan)
{
	Millis		now = now_ms();
	Millis		part = (now - look.begun) / LOOK_PART;

	look.lookout.due = now + Min(Max(part, LOOK_MIN_MS), LOOK_MAX_MS);
	return sql_token_seen(look.target, look.fence.role, look.token);
}

static void
note_token(const CommandPlan *plan, const PGresult *answer)
{
	look.seen = answer_is_true(answer, 0, 0);
	if (look.seen)
		look.lookout.due = NEVER;
}

/*
 * After a last look: a pooled backend keeps the name of the session that has gone.
 */
static bool
is_proven(Run *run, Millis until)
{
	if (!run->options->require_fence || look.seen)
		return true;
	if (!session_ask(&run->session, sql_token_seen(look.target, look.fence.role, look.token),
					 Min(until, now_ms() + PATIENCE_MS), &look.seen) ||
		look.seen)
		return look.seen;
	log_event(LOG_ERROR,
			  "What it has committed stays. A session that ends within 20 ms may not be seen.",
			  "Let the command connect by DATABASE_URL, with the name in PGAPPNAME, or with"
			  " gw_bootstrap.token set to GW_BOOTSTRAP_TOKEN. If it does, it was too quick: a start"
			  " at head is ready without it.",
			  "no session of the fenced role was seen to show the token of this guard,"
			  " which %s asks for",
			  option_source("--require-fence"));
	return false;
}

static const FenceCare care = {
	.may_write = may_write,
	.ask = ask_role,
	.is_proven = is_proven,
};

void
take_fence(Run *run)
{
	run->fence = &care;
	look.target = &run->options->target;
	look.lookout = (Lookout) {.ask = ask_for_token, .take = note_token, .due = NEVER};
	ADD_PART(run->before_command, take_token);
	ADD_PART(run->lookouts, &look.lookout);
}
