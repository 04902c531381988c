/*-------------------------------------------------------------------------
 *
 * ahead.c
 *		Whether the database is ahead of this replica's migration set.
 *
 * It is if one of its heads is a revision that the set does not have: a newer
 * replica has migrated it, in a rolling deployment, or before this one was
 * rolled back.  To migrate would then be wrong, and to wait in vain.  Heads
 * that the set has are behind, whichever they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "fe_utils/string_utils.h"
#include "lock/ahead.h"

static bool
is_known(const SimpleStringList *known, const char *head)
{
	const SimpleStringListCell *cell = known->head;

	while (cell && strcmp(cell->val, head) != 0)
		cell = cell->next;
	return cell != NULL;
}

/*
 * Look for a head that the migration set lacks.  What is no array, since there
 * is no table or it is locked, has none.
 */
static void
find_unknown(Heads *heads, const SimpleStringList *known, const char *array)
{
	char	  **items = NULL;
	int			nitems = 0;

	if (parsePGArray(array, &items, &nitems))
	{
		for (int i = 0; i < nitems && !is_ahead(heads); i++)
		{
			/* "..." stands for more of them than are returned */
			if (strcmp(items[i], "...") != 0 && !is_known(known, items[i]))
				strlcpy(heads->unknown, *items[i] ? items[i] : "\"\"", sizeof(heads->unknown));
		}
	}
	free(items);
}

/*
 * Take the heads as the server told them: the text of an array, or NULL.
 */
void
take_heads(Heads *heads, const Options *options, const char *array)
{
	*heads = (Heads) {.cut = false};
	strlcpy(heads->text, array ? array : NO_HEADS, sizeof(heads->text));
	if (array && options->known_heads.head)
		find_unknown(heads, &options->known_heads, array);
}

bool
is_ahead(const Heads *heads)
{
	return heads->unknown[0] != '\0';
}

/*
 * Say that the database is ahead.  Returns how to go on.
 */
ExitCode
report_ahead(const Heads *heads, const Options *options)
{
	char	   *detail = psprintf("Found %s, wanted %s.", heads->text, describe_expected(options));

	log_event(options->allow_ahead ? LOG_WARNING : LOG_ERROR, detail,
			  options->allow_ahead ? NULL : "Start the release that has this revision, or let that release downgrade the database; or use --allow-ahead, if this one works with the newer schema.",
			  "the database is ahead of this replica: revision \"%s\" is not in %s",
			  heads->unknown, options->set_path);
	free(detail);
	return options->allow_ahead ? EXIT_READY : EXIT_AHEAD;
}
