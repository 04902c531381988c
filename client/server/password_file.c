/*-------------------------------------------------------------------------
 *
 * password_file.c
 *		Say that libpq will not read the password file, in its stead.
 *
 * libpq writes its warning to stderr, each time it connects, which is no line
 * of JSON.  So we look first as it would, say it in our own way, once, and have
 * libpq look for a file that is not there, of which it says nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/stat.h>

#include "base/log.h"
#include "server/password_file.h"
#include "server/setting.h"

/*
 * The file that libpq would look at, or NULL.  A service may name another,
 * which is left to libpq.
 */
static char *
find_password_file(const char *conninfo)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	const char *passfile = setting_value(options, "passfile");
	const char *home = getenv("HOME");
	char	   *file = NULL;

	if (options == NULL || *setting_value(options, "password") ||
		*setting_value(options, "service"))
		file = NULL;
	else if (*passfile)
		file = pg_strdup(passfile);
	else if (home != NULL)
		file = psprintf("%s/.pgpass", home);
	PQconninfoFree(options);
	return file;
}

/*
 * The name of a file to be looked at instead, or NULL if there is no need.
 */
char *
replace_unread_password_file(const char *conninfo)
{
	static bool told = false;
	char	   *file = find_password_file(conninfo);
	struct stat st;
	char	   *instead = NULL;

	if (file != NULL && stat(file, &st) == 0 &&
		(!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0))
	{
		if (!told)
			log_event(LOG_WARNING, NULL, S_ISREG(st.st_mode) ? "chmod 0600 it." : NULL,
					  S_ISREG(st.st_mode) ?
						  "password file \"%s\" is not read, since others may access it" :
						  "password file \"%s\" is not read, since it is not a plain file",
					  file);
		told = true;
		instead = psprintf("%s/none", file);
	}
	free(file);
	return instead;
}
