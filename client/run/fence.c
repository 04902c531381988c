/*-------------------------------------------------------------------------
 *
 * fence.c
 *		Whether the server refuses what a migration writes without its guard.
 *
 * A role that only migrates may be fenced.  Its sessions then write only if
 * they show the token of the guard that holds the lock at that moment; so the
 * command is given it, and nobody else is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "options/application_name.h"
#include "run/fence.h"
#include "server/answer.h"
#include "sql/sql.h"

/*
 * On a connection of the migration's role.
 */
bool
ask_for_fence(Run *run, Session *other, Millis until)
{
	PGresult   *result = session_query(other, sql_fence_key(), until);
	const char *key;

	if (result == NULL)
		return false;
	key = PQntuples(result) > 0 ? answer_text(result, 0, 0) : NULL;
	strlcpy(run->fence_key, key ? key : "", sizeof(run->fence_key));
	PQclear(result);
	return true;
}

/*
 * A fence that would refuse all, or one that is missing.
 */
static bool
is_fence_wrong(const Run *run)
{
	const Options *options = run->options;
	bool		fenced = run->fence_key[0] != '\0';

	if (!fenced && options->require_fence)
		log_event(LOG_ERROR, NULL,
				  "Name a role that is fenced in --migration-url: ALTER ROLE ... SET"
				  " session_preload_libraries = 'gw_bootstrap' and SET gw_bootstrap.fence_key,"
				  " by a superuser; or migrate by --migrate-sql.",
				  "the role of the migration is not fenced, which %s asks for",
				  option_source("--require-fence"));
	else if (fenced && strtoll(run->fence_key, NULL, 10) != options->lock_key)
		log_event(LOG_ERROR, NULL,
				  psprintf("Use --lock-key=%s, or have a superuser give the role another"
						   " gw_bootstrap.fence_key.",
						   run->fence_key),
				  "the role of the migration is fenced by key %s, but the lock is " INT64_FORMAT,
				  run->fence_key, options->lock_key);
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
	if (is_fence_wrong(run))
	{
		*step = end_with(run, EXIT_REFUSED);
		return false;
	}
	if (run->fence_key[0] == '\0')
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
				   command_application_name(MIGRATION, options);
}

/*
 * Say what begins under the guard, and how safe that is.
 */
void
log_migrating(const char *doing, const char *token)
{
	log_event(LOG_INFO,
			  token ? "The role is fenced: without this guard the server refuses what it writes." : NULL,
			  NULL, "%s", doing);
}
