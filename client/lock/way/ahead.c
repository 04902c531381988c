/*-------------------------------------------------------------------------
 *
 * ahead.c
 *		Whether the database is ahead of this replica's migration set.
 *
 * A newer replica has migrated it then, in a rolling deployment, or before this
 * one was rolled back.  To migrate would be wrong, and to wait in vain.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/text.h"
#include "lock/way/ahead.h"

/*
 * Take what was found, the text of arrays, or NULL.
 */
void
take_heads(Session *session, Heads *heads, HeadOutcome outcome, const char *array,
		   const char *failed)
{
	const char *found = array ? array : NO_HEADS;
	char	   *text = copy_bounded(found, strlen(found), sizeof(heads->text) - 1);

	strlcpy(heads->text, text, sizeof(heads->text));
	free(text);
	free(session->heads);
	free(session->failed_heads);
	session->heads = array ? pg_strdup(array) : NULL;
	session->failed_heads = pg_strdup(failed ? failed : "{}");
	heads->outcome = outcome;
	heads->all = session->heads;
	heads->failed = session->failed_heads;
}

/*
 * They could not be read.
 */
void
take_no_heads(Session *session, Heads *heads)
{
	take_heads(session, heads, HEADS_BEHIND, NULL, NULL);
	strlcpy(heads->text, "unknown", sizeof(heads->text));
}

/*
 * Whether a database that is not at head can be anything but behind.
 */
bool
needs_outcome(const Target *target)
{
	return target->known_heads.head != NULL || target->head_condition != NULL ||
		strcmp(target->head_rule, head_rule_names[RULE_EQUAL]) != 0 ||
		strcmp(target->head_order, head_order_names[ORDER_KNOWN]) != 0;
}

bool
is_ahead(const Heads *heads)
{
	return heads->outcome == HEADS_AHEAD || heads->outcome == HEADS_DIVERGED;
}

/*
 * Say what makes the database ahead: a head that the set lacks, or just a later
 * one.
 */
char *
describe_ahead(const Heads *heads, const Options *options)
{
	char	   *unknown = options->describe_unknown && heads->all ?
		options->describe_unknown(options, heads->all) :
		NULL;

	return unknown ? unknown : pg_strdup("it has migrations beyond those of this replica");
}

/*
 * Say that the database is ahead.  Returns how to go on.
 */
ExitCode
report_ahead(const Heads *heads, const Options *options)
{
	char	   *detail = psprintf("Found %s, wanted %s.%s", heads->text,
							describe_expected(&options->target),
							heads->outcome == HEADS_DIVERGED ?
								" The two have diverged: migrations of this replica are missing." :
								"");
	char	   *description = describe_ahead(heads, options);

	log_event(options->allow_ahead ? LOG_WARNING : LOG_ERROR, detail,
			  options->allow_ahead ? NULL : "Start the release that has this revision, or let that release downgrade the database; or use --allow-ahead, if this one works with the newer schema.",
			  "the database is ahead of this replica: %s", description);
	free(description);
	free(detail);
	return options->allow_ahead ? EXIT_READY : EXIT_AHEAD;
}
