/* connection_string.c: URLs and key=value pairs, client/forms/conninfo.c, url.c, settings.c */
#include "postgres_fe.h"

#include "forms/conninfo.h"
#include "fuzz.h"
#include "libpq-fe.h"
#include "server/precautions.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

static const char *
value_of(const PQconninfoOption *item)
{
	return item->val ? item->val : "";
}

static bool
is_split(const PQconninfoOption *item, bool has_sockets)
{
	return has_sockets &&
		(strcmp(item->keyword, "host") == 0 || strcmp(item->keyword, "port") == 0);
}

/*
 * Where libpq has a meaning for a text, so has the client, the same; but for
 * the names of sockets' files, which are split, and a "%" that is doubled.
 */
static void
compare(const char *text, PQconninfoOption *ours)
{
	PQconninfoOption *theirs = PQconninfoParse(text, NULL);
	bool		has_sockets = false;

	/* the text may have them in other characters, by "\" or "%" */
	for (int i = 0; theirs && theirs[i].keyword; i++)
	{
		if (strcmp(theirs[i].keyword, "host") == 0)
			has_sockets = strstr(value_of(&theirs[i]), "/.s.PGSQL.") != NULL;
	}
	if (theirs && !(is_uri(text) && strstr(text, "%%") != NULL))
	{
		for (int i = 0; theirs[i].keyword; i++)
			MUST(is_split(&theirs[i], has_sockets) ||
				 strcmp(value_of(&theirs[i]), value_of(&ours[i])) == 0);
	}
	PQconninfoFree(theirs);
}

/*
 * What is taken, libpq understands, and it is taken again as it is.
 */
void
fuzz_one(char *text, size_t len)
{
	const char *conninfo = make_conninfo(text, "--dbname");
	PQconninfoOption *ours = PQconninfoParse(conninfo, NULL);
	Session		session = {0};

	MUST(ours != NULL);
	if (is_uri(text) || strchr(text, '=') != NULL)
		compare(text, ours);
	name_look_ups(&session, ours);
	free(session.blocking);
	PQconninfoFree(ours);
	if (*conninfo == '\0')
		return;
	MUST(strcmp(conninfo, make_conninfo(conninfo, "--dbname")) == 0);
}
