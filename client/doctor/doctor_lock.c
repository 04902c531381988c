/*-------------------------------------------------------------------------
 *
 * doctor_lock.c
 *		What "gw_bootstrap doctor" sees of heads, locks and who has them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "doctor/doctor.h"
#include "lock/failed_migration.h"
#include "lock/plain/plain.h"
#include "lock/sessions/sessions.h"
#include "sql/sql.h"
#include "sql/sql_doctor.h"
#include "sql/sql_namesakes.h"

/*
 * A head table that only the search_path hides makes a replica take the
 * database for an empty one.  It may also be that of another service.
 */
static void
tell_namesakes(Doctor *doctor, const PGresult *result)
{
	if (is_given(result, 0, 0))
		say_note(doctor,
				 "If it is this service's, name its schema in --head-table, or in the search_path "
				 "of the role, and grant USAGE on it.",
				 "heads: table %s is not in the search_path of role %s, but in schema %s",
				 doctor->options->target.head_table, PQgetvalue(result, 0, 1),
				 PQgetvalue(result, 0, 0));
}

/*
 * Read the head table as a replica without the extension does, which has the
 * same demands on it.
 */
void
check_heads(Doctor *doctor)
{
	const Options *options = doctor->options;
	Heads		heads;
	PlainReading reading;

	reading = plain_read_heads(&doctor->session, &options->target, false, doctor->deadline, &heads);
	if (reading == READING_FAILED)
		say_failure(doctor, "heads", &doctor->session.failure);
	else if (reading == READING_LOCKED)
		say_note(doctor, "Replicas wait until it is free.", "heads: somebody has locked table %s",
				 options->target.head_table);
	else if (options->target.expected_heads.head == NULL)
		say_note(doctor, "Tell what to expect with --expect-head or --alembic.", "heads: %s",
				 heads.text);
	else if (is_ahead(&heads))
		say_bad(doctor, "Start the release that has this revision, or use --allow-ahead.",
				"heads: the database is ahead: %s", describe_ahead(&heads, options));
	else if (heads.outcome == HEADS_FAILED)
		say_bad(doctor, failed_migration_hint(options),
				"heads: rows of table %s say of %s that their migration is at work, or has failed",
				options->target.head_table, describe_failed(&heads));
	else if (heads.outcome == HEADS_AT_HEAD)
		say_ok(doctor, "heads: at head, %s", heads.text);
	else
		say_note(doctor, "The next replica that has a migration runs it.",
				 "heads: not at head: found %s, wanted %s",
				 heads.text, describe_expected(&options->target));
	if (reading == READING_DONE && heads.all == NULL)
		doctor_tell(doctor, &doctor->session, "heads",
					sql_namesakes(doctor->session.conn, &options->target), tell_namesakes);
}

/*
 * Of the role that migrates.
 */
void
tell_privileges(Doctor *doctor, const PGresult *result)
{
	const char *remedy = doctor->options->migration_url ?
		"Grant it, or let another role migrate." :
		"Grant it, or let another role migrate by --migration-url.";
	const char *role = PQgetvalue(result, 0, 0);

	if (!is_given(result, 0, 1))
		say_bad(doctor, "Create the schema that the search_path names, or correct the search_path.",
				"privileges: no schema for new tables in the search_path of role %s", role);
	else if (!answer_is_true(result, 0, 2))
		say_bad(doctor, remedy, "privileges: role %s may not create in schema %s", role,
				PQgetvalue(result, 0, 1));
	else if (is_given(result, 0, 3) && !answer_is_true(result, 0, 4))
		say_bad(doctor, remedy, "privileges: role %s may not change the rows of table %s", role,
				PQgetvalue(result, 0, 3));
	else
		say_ok(doctor, "privileges: role %s may create in schema %s", role,
			   PQgetvalue(result, 0, 1));
}

static void
tell_holder(Doctor *doctor, const Holder *holder)
{
	static const char end_orphan[] =
		"If no older replica is migrating any more, end it: gw_bootstrap_break_orphan(),"
		" --break-orphans, or pg_terminate_backend().";
	static const char *const remedies[] = {
		[HOLDER_HIDDEN] = "Membership in pg_read_all_stats shows what it does.",
		[HOLDER_ACTIVE] = "A migration is under way.",
		[HOLDER_ORPHANED] = end_orphan,
		[HOLDER_PREPARED] = END_PREPARED};
	int64		key = doctor->options->target.lock_key;
	bool		orphaned = holder->state == HOLDER_ORPHANED;
	const char *detail = orphaned ? holder->since : holder->application_name;
	char	   *text;

	if (holder->state == HOLDER_NONE)
	{
		say_ok(doctor, "lock " INT64_FORMAT ": free", key);
		return;
	}
	text = describe_holder(holder->state, holder->pid);
	(orphaned || holder->state == HOLDER_PREPARED ? say_bad : say_note)(doctor, remedies[holder->state], "lock " INT64_FORMAT ": held by %s%s%s", key, text,
																		detail == NULL ? "" : orphaned ? ", idle since " :
																										 ", application ",
																		detail ? detail : "");
	free(text);
}

/*
 * Asked without the extension, which may be missing.
 */
void
check_holder(Doctor *doctor)
{
	Holder		holder;

	if (!plain_ask_holder(&doctor->session, &doctor->options->target, doctor->deadline, &holder))
	{
		say_failure(doctor, "lock", &doctor->session.failure);
		return;
	}
	tell_holder(doctor, &holder);
	PQclear(holder.result);
}

/*
 * Who is at work, or waits.  An idle backend of a pooler merely keeps the name
 * of its last client.
 */
void
check_sessions(Doctor *doctor)
{
	Holder		nobody = {0};
	PGresult   *sessions;
	PQExpBufferData text;

	sessions = ask_sessions(&doctor->session, &nobody, doctor->deadline);
	if (sessions == NULL)
	{
		say_failure(doctor, "sessions", &doctor->session.failure);
		return;
	}
	initPQExpBuffer(&text);
	for (int row = 0; row < PQntuples(sessions); row++)
	{
		HolderSession one = read_session(sessions, row);

		if (one.state && strcmp(one.state, "idle") == 0)
			continue;
		resetPQExpBuffer(&text);
		append_session(&text, &one);
		say_note(doctor, NULL, "session: %s", text.data);
	}
	termPQExpBuffer(&text);
	PQclear(sessions);
}
