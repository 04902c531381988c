/*-------------------------------------------------------------------------
 *
 * environment.c
 *		Which environment variables libpq sees, and which the commands.
 *
 * libpq turns some variables into settings of the session, which it sends
 * when it connects.  Poolers reject those that they don't know: PgBouncer
 * does "options" and "geqo".  The client needs none of them, so they are
 * hidden from its own connections, but not from the programs that it starts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "command/environment.h"
#include "libpq-fe.h"
#include "pqexpbuffer.h"

static struct
{
	const char *name;
	char	   *value;			/* NULL if it was not set */
} hidden[] = {
	{"PGOPTIONS", NULL},
	{"PGDATESTYLE", NULL},
	{"PGTZ", NULL},
	{"PGGEQO", NULL}};

void
hide_session_settings(void)
{
	for (int i = 0; i < lengthof(hidden); i++)
	{
		const char *value = getenv(hidden[i].name);

		if (value == NULL)
			continue;
		hidden[i].value = pg_strdup(value);
		unsetenv(hidden[i].name);
	}
	if (hidden[0].value != NULL && strstr(hidden[0].value, "search_path") != NULL)
		log_warning("the search_path in PGOPTIONS is not used to find the head table; name its schema in --head-table");
}

void
restore_session_settings(void)
{
	for (int i = 0; i < lengthof(hidden); i++)
	{
		if (hidden[i].value != NULL)
			setenv(hidden[i].name, hidden[i].value, 1);
	}
}

/*
 * What the service in PGSERVICE sets is stronger than a variable.  If that is a name
 * for its sessions, a command finds it all in variables instead, but for what none
 * can tell.
 */
static void
unfold_service(const char *application_name)
{
	char	   *service = pg_strdup(getenv("PGSERVICE"));
	PQconninfoOption *set = PQconndefaults();
	PQconninfoOption *unset;
	const PQconninfoOption *name = set;
	PQExpBufferData lost;

	while (name && name->keyword && strcmp(name->keyword, "application_name") != 0)
		name++;
	if (name == NULL || name->val == NULL || strcmp(name->val, application_name) == 0)
		return;
	unsetenv("PGSERVICE");
	unset = PQconndefaults();
	initPQExpBuffer(&lost);
	for (int i = 0; unset && set[i].keyword; i++)
	{
		if (set[i].val == NULL || (unset[i].val && strcmp(set[i].val, unset[i].val) == 0) ||
			strcmp(set[i].keyword, "service") == 0)
			continue;
		if (set[i].envvar)
			setenv(set[i].envvar, set[i].val, 1);
		else
			appendPQExpBuffer(&lost, "%s%s", lost.len > 0 ? ", " : "", set[i].keyword);
	}
	if (lost.len > 0)
		log_event(LOG_WARNING, NULL,
				  psprintf("Use --dbname=service=%s, by DATABASE_URL in the command.", service),
				  "what service \"%s\" sets, no variable can tell a command: %s", service, lost.data);
	setenv("PGAPPNAME", application_name, 1);
}

/*
 * What a migration or post step finds: the database that is guarded, and a
 * name for its sessions.  A connection string that there is says so, too.
 */
void
set_command_environment(const char *application_name, const char *database_url)
{
	restore_session_settings();
	if (database_url)
		setenv("DATABASE_URL", database_url, 1);
	setenv("PGAPPNAME", application_name, 1);
	if (database_url == NULL && getenv("PGSERVICE") != NULL)
		unfold_service(application_name);
}
