/*-------------------------------------------------------------------------
 *
 * doctor_safety.c
 *		What "gw_bootstrap doctor" says of how safe a migration is here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "doctor/doctor.h"
#include "lock/fence/fence.h"
#include "lock/sessions/names.h"
#include "lock/way/guard.h"
#include "sql/sql_doctor.h"

/*
 * A role that is fenced, and whether it can show the token of a guard.
 */
static void
tell_fenced(Doctor *doctor, Session *session)
{
	char	   *sent = sent_application_name(session);
	PGresult   *theirs = session_query(session, sql_own_name(), doctor->deadline);

	if (theirs == NULL)
		say_failure(doctor, "safety", &session->failure);
	else if (is_name_sent(sent, PQgetvalue(theirs, 0, 0)))
		say_ok(doctor, "safety: class b: fenced");
	else
		say_bad(doctor, TOKEN_REMEDY,
				"safety: class b: fenced, but application_name, which shows the token,"
				" does not arrive");
	free(sent);
	PQclear(theirs);
}

/*
 * A role that is not, or by another key.
 */
static void
tell_not_fenced(Doctor *doctor, const Fence *fence)
{
	const Options *options = doctor->options;
	const char *warned = fence->warns ? ", only warned" : "";
	char	   *remedy = psprintf("Fence a role that only migrates, as a superuser:"
							" ALTER ROLE ... SET"
							" session_preload_libraries = 'gw_bootstrap'; ALTER ROLE ... SET"
							" gw_bootstrap.fence_key = '" INT64_FORMAT
							"'; and name it in --migration-url.",
							options->target.lock_key);

	if (fence->key[0] != '\0' && !fence->warns)
		say_bad(doctor,
				"Use that key in --lock-key, or give the role another gw_bootstrap.fence_key.",
				"safety: the role of the migration is fenced by key %s, but the lock is"
				" " INT64_FORMAT,
				fence->key, options->target.lock_key);
	else if (options->require_fence)
		say_bad(doctor, remedy, "safety: the role of the migration is not fenced%s", warned);
	else
		say_note(doctor, remedy,
				 "safety: class c: by name%s; a replica that was paused may send one more"
				 " statement",
				 warned);
	free(remedy);
}

/*
 * What a migration by these options is safe against.  A connection that fails is
 * told by the checks before.
 */
void
check_safety(Doctor *doctor)
{
	const Options *options = doctor->options;
	Session		other = {0};
	Session    *session = options->migration_url ? &other : &doctor->session;
	Fence		fence;

	if ((options->post || options->post_sql) &&
		!may_write_here(&doctor->session, options, doctor->deadline))
		say_failure(doctor, "safety", &doctor->session.failure);
	if (options->migrate_sql != NULL)
		say_ok(doctor, "safety: class a: one transaction, by %s", option_source("--migrate-sql"));
	else if (session == &doctor->session ||
			 session_open(&other, options->migration_conninfo,
						  Min(doctor->deadline, now_ms() + SECOND_CONNECTION_MS)))
	{
		if (!ask_fence(session, &fence, doctor->deadline))
			say_failure(doctor, "safety", &session->failure);
		else if (is_fenced(&fence, options))
			tell_fenced(doctor, session);
		else
			tell_not_fenced(doctor, &fence);
	}
	session_close(&other);
}
