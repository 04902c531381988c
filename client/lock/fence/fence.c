/*-------------------------------------------------------------------------
 *
 * fence.c
 *		Whether the server refuses what a role writes without a guard.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/fence/fence.h"
#include "lock/way/guard.h"
#include "sql/sql_fence.h"

/*
 * Of the role that this connection is of.
 */
bool
ask_fence(Session *session, Fence *fence, Millis until)
{
	PGresult   *result = session_query(session, sql_fence(), until);
	const char *key;

	if (result == NULL)
		return false;
	key = answer_text(result, 0, 0);
	strlcpy(fence->key, key ? key : "", sizeof(fence->key));
	fence->warns = answer_text(result, 0, 1) != NULL && answer_is_true(result, 0, 1);
	strlcpy(fence->role, PQgetvalue(result, 0, 2), sizeof(fence->role));
	PQclear(result);
	return true;
}

/*
 * Whether it has to show the token of a guard that has our lock.
 */
bool
is_fenced(const Fence *fence, const Options *options)
{
	return fence->key[0] != '\0' && !fence->warns &&
		strtoll(fence->key, NULL, 10) == options->target.lock_key;
}

/*
 * Of a migration by these options, by a role that is fenced like that.
 */
const char *
safety_class(const Fence *fence, const Options *options)
{
	if (options->migrate_sql != NULL)
		return CLASS_ONE_TRANSACTION;
	return is_fenced(fence, options) ? CLASS_FENCED : CLASS_BY_NAME;
}

/*
 * What is written without a guard goes over --dbname, which is the service's
 * role.  Returns false, with the failure set, if that one is fenced.
 */
bool
may_write_here(Session *session, const Options *options, Millis until)
{
	const char *what = options->post_sql ? "--post-sql" : options->post ? "--post" :
																		  "--create-extension";
	Fence		fence;

	if (!ask_fence(session, &fence, until))
		return false;
	if (fence.key[0] == '\0' || fence.warns)
		return true;
	set_failure(&session->failure, FAILURE_FINAL,
				"Name the role of the service in --dbname, and the fenced one in --migration-url.",
				"%s cannot write: the role of %s is fenced, and there is no guard then",
				option_source(what), option_source("--dbname"));
	session->failure.code = EXIT_USAGE;
	return false;
}
