/*-------------------------------------------------------------------------
 *
 * watch.c
 *		Watch the guard for as long as a command runs.
 *
 * A heartbeat goes over it every few seconds: it keeps the idle limits of
 * poolers and firewalls away, and tells that the transaction, and with it the
 * lock, is still there.
 *
 * A connection that ends is noticed at once.  One that has fallen silent is
 * given up when nothing came for the time of two heartbeats.  A server that
 * merely stalls still has the lock, so this may stop a migration for nothing;
 * but of a pooler whose host is gone one hears nothing either, and the server
 * has then given the lock to somebody else already.
 *
 * The same question tells whether the command waits for the lock that its own
 * guard has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "lock/watch.h"
#include "lock/way/guard.h"
#include "server/answer.h"
#include "sql/sql.h"

/*
 * How often to look for a session that shows the token, until there is one: a
 * part of the time since the command began, within these.  Its sessions may be
 * short.
 */
#define LOOK_MIN_MS 2
#define LOOK_MAX_MS 20
#define LOOK_PART 100

typedef struct Heartbeat
{
	bool		pending;		/* sent, but not answered yet */
	Millis		sent;
	Query		query;
	bool		for_token;		/* that is what it asks for */
	Millis		watched;		/* when it last asked for anything else */
	Millis		begun;
	bool		may_look;		/* at the sessions of the command */
	bool		told;			/* that it waits for its own guard */
	int			asking;			/* backend that did so at the last look, or 0 */
	const Options *options;
} Heartbeat;

/*
 * Say once that the command waits for the lock under which it runs: it has
 * asked for it, and waits, or asks again and again.
 */
static void
look_for_deadlock(const CommandPlan *plan, Heartbeat *heartbeat, const PGresult *result)
{
	const char *waiting = answer_text(result, 0, WATCH_WAITING);
	const char *asking = answer_text(result, 0, WATCH_ASKING);
	int			pid = asking ? atoi(asking) : 0;
	bool		again = pid != 0 && pid == heartbeat->asking;
	char	   *detail;
	char	   *hint;

	heartbeat->asking = pid;
	if (heartbeat->told || (waiting == NULL && !again))
		return;
	heartbeat->told = true;
	detail = waiting ? psprintf("Backend %s waits for it.", waiting) :
					   psprintf("The last statement of backend %d asked for an advisory lock and did not get it.", pid);
	hint = psprintf("Let the command%s%s migrate without taking a lock itself,"
					" or give the guard another one by --lock-key.",
					plan->source ? " of " : "", plan->source ? plan->source : "");
	log_event(LOG_WARNING, detail, hint,
			  "the %s %s for lock " INT64_FORMAT ", which its own guard has",
			  plan->name, waiting ? "waits" : "seems to wait", heartbeat->options->target.lock_key);
	free(detail);
	free(hint);
}

/*
 * Take what came over the guard's connection.  Returns false if the guard is
 * lost.
 */
static bool
read_heartbeat(Command *command, Session *guard, Heartbeat *heartbeat)
{
	if (!session_read(guard))
		return false;
	while (!PQisBusy(guard->conn))
	{
		PGresult   *result = PQgetResult(guard->conn);
		bool		alive;

		if (result == NULL)
		{
			if (heartbeat->pending)
				command_go_on(command, heartbeat->sent);
			heartbeat->pending = false;
			break;
		}
		alive = check_result(guard, result, &heartbeat->query);
		if (alive && heartbeat->for_token)
			command->token_seen |= answer_is_true(result, 0, 0);
		else if (alive && heartbeat->may_look)
			look_for_deadlock(command->plan, heartbeat, result);
		PQclear(result);
		if (!alive)
			return false;
	}
	if (heartbeat->pending || PQtransactionStatus(guard->conn) == PQTRANS_INTRANS)
		return true;
	session_broke(guard);
	return false;
}

/*
 * Whether a session with the token is still to be seen.
 */
static bool
wants_token(const Command *command)
{
	return command->plan->role && !command->token_seen;
}

static bool
send_heartbeat(const Command *command, Session *guard, Heartbeat *heartbeat)
{
	const CommandPlan *plan = command->plan;

	heartbeat->for_token = wants_token(command) && now_ms() < heartbeat->watched + HEARTBEAT_MS;
	if (heartbeat->for_token)
		heartbeat->query = sql_token_seen(&heartbeat->options->target, plan->role, plan->token);
	else
	{
		heartbeat->query = heartbeat->may_look ?
			sql_watch(&heartbeat->options->target, plan->sessions) :
			sql_heartbeat();
		heartbeat->watched = now_ms();
	}
	if (!session_send(guard, &heartbeat->query))
		return false;
	if (PQflush(guard->conn) < 0)
	{
		session_broke(guard);
		return false;
	}
	heartbeat->pending = true;
	heartbeat->sent = now_ms();
	return true;
}

/*
 * When the next heartbeat is due, or the answer to the last one.
 */
static Millis
heartbeat_due(const Command *command, const Heartbeat *heartbeat)
{
	Millis		part = (heartbeat->sent - heartbeat->begun) / LOOK_PART;

	if (!wants_token(command))
		return heartbeat->sent + HEARTBEAT_MS;
	if (heartbeat->pending)
		return heartbeat->sent + PATIENCE_MS;
	return heartbeat->sent + Min(Max(part, LOOK_MIN_MS), LOOK_MAX_MS);
}

/*
 * One step of watching the guard.  Returns false, and the failure set, if it
 * is lost.
 */
static bool
watch_guard(Command *command, Session *guard, bool readable, Heartbeat *heartbeat)
{
	bool		due = now_ms() >= heartbeat_due(command, heartbeat);

	/* an answer may have come while we were not running ourselves */
	if ((readable || due) && !read_heartbeat(command, guard, heartbeat))
		return false;
	if (!due)
		return true;
	if (!heartbeat->pending)
		return send_heartbeat(command, guard, heartbeat);
	set_failure(&guard->failure, FAILURE_RETRY, NULL,
				"no answer from the database for %d s", PATIENCE_MS / 1000);
	return false;
}

/*
 * Leave the connection ready for the next question, after a last look: a pooled
 * backend keeps the name of the session that has gone.
 */
static bool
end_watching(Command *command, Session *guard, const Heartbeat *heartbeat, Millis deadline)
{
	const CommandPlan *plan = command->plan;
	PGresult   *result;

	if (heartbeat->pending)
	{
		result = session_receive(guard, Min(deadline, heartbeat_due(command, heartbeat)));
		if (result == NULL)
			return false;
		PQclear(result);
	}
	if (!guard || !wants_token(command))
		return true;
	return session_ask(guard, sql_token_seen(&heartbeat->options->target, plan->role, plan->token),
					   Min(deadline, now_ms() + PATIENCE_MS), &command->token_seen);
}

/*
 * Wait until the command ends, watching the guard if there is one.  Without
 * options it is no guard of a migration, and so nobody waits for its lock.
 */
WatchResult
await_command(Command *command, Session *guard, const Options *options, Millis deadline)
{
	struct pollfd fds[2] = {{.fd = command->report, .events = POLLIN}};
	Heartbeat	heartbeat = {.options = options};

	heartbeat.sent = heartbeat.watched = heartbeat.begun = now_ms();
	/* whether our role may call what tells the sessions and locks */
	if (guard && options &&
		!session_ask(guard, sql_may_watch(), Min(deadline, now_ms() + PATIENCE_MS),
					 &heartbeat.may_look))
		return WATCH_GUARD_LOST;
	if (guard)
		fds[1] = (struct pollfd) {.fd = PQsocket(guard->conn), .events = POLLIN};
	for (;;)
	{
		Millis		until = guard ? Min(deadline, heartbeat_due(command, &heartbeat)) : deadline;
		bool		event = wait_until(fds, guard ? 2 : 1, until);

		if (event && fds[0].revents != 0)
			break;
		if (stop_signal() != 0 || now_ms() >= deadline)
			return WATCH_STOPPED;
		if (guard && !watch_guard(command, guard, event && fds[1].revents != 0, &heartbeat))
			return WATCH_GUARD_LOST;
	}

	return end_watching(command, guard, &heartbeat, deadline) ? WATCH_ENDED : WATCH_GUARD_LOST;
}
