/*-------------------------------------------------------------------------
 *
 * failed_migration.c
 *		A migration that its tool calls failed: dirty, not finished, no success.
 *
 * Many tools write such a row before they start, so it may be that of a
 * migration at work.  It is not only if nobody has our lock, nor that of the tool,
 * and a row still says so in a look made some time after that, since a tool may
 * take no lock, or have it switched off.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/text.h"
#include "base/wait.h"
#include "lock/failed_migration.h"
#include "lock/tool_lock.h"

/* So that no replica migrates meanwhile. */
#define UNDER_A_GUARD " Run that by \"gw_bootstrap guard -- COMMAND\"."

/* So much of the heads of such rows is shown. */
#define MOST_FAILED 1023

/* How long a row must stay unchanged. */
#define UNCHANGED_MS 2000

/*
 * A row says "failed", and nobody has our lock.  Look whether that stays so: if
 * it does, the outcome still is HEADS_FAILED.  Returns false if it cannot be
 * told.
 */
bool
look_at_failed_migration(Session *session, const Options *options, Millis until, Heads *heads)
{
	char	   *failed = pg_strdup(heads->failed);
	Millis		unchanged = now_ms() + UNCHANGED_MS;
	bool		held = false;
	bool		known = ask_tool_lock(session, options, until, &held);

	if (known && !held)
	{
		while (now_ms() < Min(unchanged, until) && wait_until(NULL, 0, Min(unchanged, until)))
			;
		held = now_ms() < unchanged;
	}
	if (known && !held)
		known = session->way->read_heads(session, &options->target, until, heads);
	if (heads->outcome == HEADS_FAILED && (held || strcmp(heads->failed, failed) != 0))
		heads->outcome = HEADS_RUNNING;
	free(failed);

	return known;
}

/*
 * The heads of the rows that say so, for a message.
 */
char *
describe_failed(const Heads *heads)
{
	return copy_bounded(heads->failed, strlen(heads->failed), MOST_FAILED);
}

/*
 * What the tool's users do about it.
 */
char *
failed_migration_hint(const Options *options)
{
	return psprintf("Neither waiting nor migrating mends that: %s." UNDER_A_GUARD,
					options->tool && options->tool->repair ?
						options->tool->repair :
						"repair the database as the migration tool wants it");
}

ExitCode
report_failed_migration(const Heads *heads, const Options *options)
{
	char	   *detail = psprintf("Found %s, wanted %s.", heads->text,
							describe_expected(&options->target));
	char	   *hint = failed_migration_hint(options);
	char	   *failed = describe_failed(heads);

	log_event(LOG_ERROR, detail, hint, "the database is at a failed migration: table \"%s\" says so of %s",
			  options->target.head_table, failed);
	free(failed);
	free(detail);
	free(hint);
	return EXIT_FAILED_MIGRATION;
}
