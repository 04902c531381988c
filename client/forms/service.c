/*-------------------------------------------------------------------------
 *
 * service.c
 *		What names sessions otherwise than by PGAPPNAME: a URL, or a service of libpq's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "forms/forms.h"
#include "libpq-fe.h"
#include "pqexpbuffer.h"

/*
 * What the service in PGSERVICE sets is stronger than a variable.  If that is a name
 * for its sessions, a command finds it all in variables instead, but for what none
 * can tell.
 */
static void
unfold_service(const char *application_name)
{
	const char *service = getenv("PGSERVICE");
	PQconninfoOption *set = service ? PQconndefaults() : NULL;
	PQconninfoOption *unset;
	const PQconninfoOption *name = set;
	PQExpBufferData lost;

	while (name && name->keyword && strcmp(name->keyword, "application_name") != 0)
		name++;
	if (name == NULL || name->val == NULL || strcmp(name->val, application_name) == 0)
		return;
	service = pg_strdup(service);
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
 * Have the sessions of a command that name, and return its URL, if there is one.
 */
const char *
name_sessions(const char *url, const char *application_name)
{
	if (url)
		return with_application_name(url, application_name);
	unfold_service(application_name);
	return NULL;
}
