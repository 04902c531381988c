/*-------------------------------------------------------------------------
 *
 * environment.c
 *		Which environment variables libpq sees, and which the commands.
 *
 * By PGAPPNAME the server knows the sessions of a command, whatever uses libpq there,
 * unless a URL says otherwise.
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
#include "forms/forms.h"

static struct
{
	const char *name;
	char	   *value;			/* NULL if it was not set */
} hidden[] = {
	{"PGOPTIONS", NULL},
	{"PGDATESTYLE", NULL},
	{"PGTZ", NULL},
	{"PGGEQO", NULL}};

/* Where sessions are named otherwise than by PGAPPNAME.  They return the same URL, or NULL. */
static const char *(*const names[])(const char *url, const char *application_name) = {
	name_sessions,
	NULL};

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
 * What a migration or post step finds: the database that is guarded, and a
 * name for its sessions.  A connection string that there is says so, too.
 */
void
set_command_environment(const char *application_name, const char *database_url)
{
	restore_session_settings();
	setenv("PGAPPNAME", application_name, 1);
	for (int i = 0; names[i]; i++)
		database_url = names[i](database_url, application_name);
	if (database_url)
		setenv("DATABASE_URL", database_url, 1);
}

/*
 * The name for those sessions.  Services that share a database, but not the lock,
 * do not wait for each other's migrations.
 */
char *
command_application_name(const char *name, const Target *target)
{
	if (target->lock_key == DEFAULT_LOCK_KEY)
		return psprintf("gw_bootstrap %s", name);

	return psprintf("gw_bootstrap %s " INT64_FORMAT, name, target->lock_key);
}
