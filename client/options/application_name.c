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

/*
 * Services that share a database, but not the lock, do not wait for each
 * other's migrations.
 */
char *
command_application_name(const char *name, const Target *target)
{
	if (target->lock_key == DEFAULT_LOCK_KEY)
		return psprintf("gw_bootstrap %s", name);

	return psprintf("gw_bootstrap %s " INT64_FORMAT, name, target->lock_key);
}

/*
 * What such a command finds as its DATABASE_URL, whose sessions have that name;
 * NULL if there is none.
 */
const char *
command_url(const char *url, const char *name, const Options *options)
{
	return url && options->rename_url ? options->rename_url(url, name) : url;
}
