/*-------------------------------------------------------------------------
 *
 * conninfo.c
 *		The connection string, as libpq takes it.
 *
 * No message here quotes it, nor libpq's complaint about it: what does not
 * fit in may be the part of a password behind an unquoted character.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "conninfo.h"
#include "exit_code.h"
#include "libpq-fe.h"
#include "log.h"

static void
refuse(const char *source, const char *reason)
{
	log_error_hint("Use a URI such as postgresql://user@host:5432/database, with special characters percent-encoded and only settings that libpq knows, or key=value pairs.",
				   "invalid connection string in %s%s", source, reason);
}

/*
 * True if the host or port of a URI looks like the end of a password that has
 * an unescaped "@", "/" or "?": libpq would take it, and show it in an error.
 */
static bool
has_stray_password(const PQconninfoOption *parsed)
{
	for (const PQconninfoOption *option = parsed; option->keyword; option++)
	{
		if (option->val == NULL)
			continue;
		if (strcmp(option->keyword, "host") == 0 && strchr(option->val, '@') != NULL &&
			option->val[0] != '@' && option->val[0] != '/')
			return true;
		if (strcmp(option->keyword, "port") == 0 &&
			strspn(option->val, "0123456789,") != strlen(option->val))
			return true;
	}
	return false;
}

/*
 * Strip the driver that SQLAlchemy's "postgresql+psycopg://" names, and check
 * the rest.  A plain word is the name of a database, as for psql.
 */
const char *
make_conninfo(const char *dbname, const char *source)
{
	const char *scheme_end = dbname ? strstr(dbname, "://") : NULL;
	const char *equals = dbname ? strchr(dbname, '=') : NULL;
	const char *plus;
	char	   *conninfo;
	PQconninfoOption *parsed;

	if (dbname == NULL)
		return "";
	if (scheme_end != NULL && equals != NULL && equals < scheme_end)
		scheme_end = NULL;		/* within the value of some key */
	if (scheme_end == NULL && equals == NULL && strpbrk(dbname, " \t\n:@/") == NULL)
		return dbname;

	plus = strchr(dbname, '+');
	if (scheme_end != NULL && plus != NULL && plus < scheme_end)
		conninfo = psprintf("%.*s%s", (int) (plus - dbname), dbname, scheme_end);
	else
		conninfo = pg_strdup(dbname);
	if (scheme_end != NULL && strncmp(conninfo, "postgresql://", 13) != 0 &&
		strncmp(conninfo, "postgres://", 11) != 0)
	{
		refuse(source, ": it does not start with \"postgresql://\"");
		exit(EXIT_USAGE);
	}

	parsed = PQconninfoParse(conninfo, NULL);
	if (parsed == NULL || (scheme_end != NULL && has_stray_password(parsed)))
	{
		refuse(source, "");
		exit(EXIT_USAGE);
	}
	PQconninfoFree(parsed);
	return conninfo;
}
