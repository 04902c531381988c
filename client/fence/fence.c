/*-------------------------------------------------------------------------
 *
 * fence.c
 *		What follows from a fence for a migration, and from there being none.
 *
 * A role that only migrates may be fenced.  Its sessions then write only if
 * they show the token of the guard that holds the lock at that moment; so the
 * command is given it, and nobody else is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "command/environment.h"
#include "fence/fence.h"
#include "server/answer.h"
#include "sql/sql.h"

/*
 * A fence that would refuse all, or one that is missing where a command has to
 * have it.
 */
bool
refuse_wrong_fence(const Run *run)
{
	const Options *options = run->options;
	const Fence *fence = &run->fence;

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
 * Get the token that the command is to show, NULL if nobody asks for it.
 * Returns false, with the step to go on with, if there must be no command.
 */
bool
take_token(Run *run, const char **token, Step *step)
{
	PGresult   *result;

	*token = NULL;
	if (refuse_wrong_fence(run))
	{
		*step = end_with(run, EXIT_REFUSED);
		return false;
	}
	if (run->fence.key[0] == '\0')
		return true;
	result = session_query(&run->session, sql_token(), run->deadline.attempt);
	if (result == NULL)
	{
		*step = handle_failure(run);
		return false;
	}
	*token = pg_strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return true;
}

/*
 * The name by which sessions of a migration show its token, or are known to
 * those who come after it.
 */
char *
sessions_of_migration(const Options *options, const char *token)
{
	return token ? psprintf("gw_bootstrap %s %s", MIGRATION, token) :
				   command_application_name(MIGRATION, &options->target);
}

/*
 * Say what begins under the guard, and how safe that is.
 */
void
log_migrating(const Run *run, const char *doing)
{
	SafetyClass class = safety_class(&run->fence, run->options);

	log_event(LOG_INFO,
			  class == CLASS_FENCED ?
				  "The role is fenced: without this guard the server refuses what it writes." :
				  NULL,
			  NULL, "%s (%s%s)", doing, describe_class(class),
			  class == CLASS_BY_NAME && run->nameless ? ", which does not arrive" : "");
}

/*
 * A fence is only proven by a session that was seen to show the token: the
 * command may have found its way to the database, and its role, elsewhere.  The
 * server keeps no record of sessions that have ended.
 */
bool
is_fence_proven(const Run *run, const Command *command)
{
	if (!run->options->require_fence || command->token_seen)
		return true;
	log_event(LOG_ERROR,
			  "What it has committed stays. A session that ends within 20 ms may not be seen.",
			  "Let the command connect by DATABASE_URL, with the name in PGAPPNAME, or with"
			  " gw_bootstrap.token set to GW_BOOTSTRAP_TOKEN. If it does, it was too quick: a start"
			  " at head is ready without it.",
			  "no session of the fenced role was seen to show the token of this guard, which %s asks for",
			  option_source("--require-fence"));
	return false;
}
