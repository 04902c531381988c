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

#include "base/exit_code.h"
#include "base/log.h"
#include "libpq-fe.h"
#include "options/conninfo.h"
#include "options/url.h"

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
 * In an ini file "%" is written twice.  In a URI "%%" has no meaning, so one
 * that was copied from there is taken for what is meant.
 */
static char *
without_doubled_percents(const char *uri)
{
	char	   *copy = pg_malloc(strlen(uri) + 1);
	char	   *to = copy;

	for (const char *from = uri; *from != '\0'; from++)
	{
		if (from[0] == '%' && from[1] == '%')
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return copy;
}

static void
check_parsed(const char *conninfo, const char *source, bool is_uri)
{
	PQconninfoOption *parsed = PQconninfoParse(conninfo, NULL);

	if (parsed == NULL || (is_uri && has_stray_password(parsed)))
	{
		refuse(source, "");
		exit(EXIT_USAGE);
	}
	PQconninfoFree(parsed);
}

/*
 * A URI is libpq's, or SQLAlchemy's if it names a driver.
 */
static const char *
take_uri(const char *text, const char *source)
{
	char	   *uri = without_doubled_percents(text);
	char	   *conninfo = uri;
	size_t		scheme_len = strcspn(uri, "+:");
	const char *reason = ": it does not start with \"postgresql://\"";

	if ((scheme_len != 10 && scheme_len != 8) || strncmp(uri, "postgresql", scheme_len) != 0)
		conninfo = NULL;
	else if (uri[scheme_len] == '+')
		conninfo = driver_url_to_conninfo(uri, source, &reason);
	if (conninfo == NULL)
	{
		refuse(source, reason);
		exit(EXIT_USAGE);
	}
	check_parsed(conninfo, source, true);
	return conninfo;
}

/*
 * Whether it is a URI, of libpq or of a driver, rather than keys with values or
 * the name of a database.
 */
bool
is_uri(const char *text)
{
	const char *scheme_end = strstr(text, "://");

	/* after "=" it is within the value of some key */
	return scheme_end != NULL && memchr(text, '=', scheme_end - text) == NULL;
}

/*
 * Check the connection string, and make it one of libpq's.  A plain word is
 * the name of a database, as for psql.
 */
const char *
make_conninfo(const char *dbname, const char *source)
{
	if (dbname == NULL)
		return "";
	if (is_uri(dbname))
		return take_uri(dbname, source);
	if (strchr(dbname, '=') == NULL && strpbrk(dbname, " \t\n:@/") == NULL)
		return dbname;
	check_parsed(dbname, source, false);
	return dbname;
}
