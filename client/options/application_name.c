/*-------------------------------------------------------------------------
 *
 * application_name.c
 *		By what the server knows the sessions of a command.
 *
 * PGAPPNAME tells it to whatever uses libpq, unless the URL says otherwise.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "options/application_name.h"
#include "options/conninfo.h"
#include "pqexpbuffer.h"

#define PARAMETER "application_name="

/*
 * Services that share a database, but not the lock, do not wait for each
 * other's migrations.
 */
char *
command_application_name(const char *name, const Options *options)
{
	if (options->lock_key == DEFAULT_LOCK_KEY)
		return psprintf("gw_bootstrap %s", name);

	return psprintf("gw_bootstrap %s " INT64_FORMAT, name, options->lock_key);
}

/*
 * The same URL or connection string, but if it names its sessions, with that
 * name.  All else stays as it was written: it may be meant for another driver.
 */
char *
with_application_name(const char *url, const char *application_name)
{
	PQExpBufferData buf;
	const char *rest = url;
	const char *found;

	if (!is_uri(url))
	{
		/* a database may be called so, too */
		if (strchr(url, '=') == NULL || strstr(url, "application_name") == NULL)
			return pg_strdup(url);
		/* of several the last counts */
		return psprintf("%s application_name='%s'", url, application_name);
	}

	initPQExpBuffer(&buf);
	while ((found = strstr(rest, PARAMETER)) != NULL)
	{
		const char *value = found + strlen(PARAMETER);

		appendBinaryPQExpBuffer(&buf, rest, value - rest);
		rest = value;
		if (found[-1] != '?' && found[-1] != '&')
			continue;			/* fallback_application_name */
		for (const char *c = application_name; *c; c++)
			appendPQExpBufferStr(&buf, *c == ' ' ? "%20" : (char[]) {*c, '\0'});
		rest += strcspn(rest, "&");
	}
	appendPQExpBufferStr(&buf, rest);

	return buf.data;
}
