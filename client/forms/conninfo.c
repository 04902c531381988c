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

#include "base/log.h"
#include "common/string.h"
#include "forms/conninfo.h"
#include "forms/url.h"
#include "options/values.h"

#define SPACES " \t\r\n\f\v"

static _Noreturn void
refuse(const char *source, const char *reason)
{
	usage_error(NULL, "Use a URI such as postgresql://user@host:5432/database, with special "
					  "characters percent-encoded, or key=value pairs.",
				"invalid connection string in %s%s", source, reason);
}

/*
 * True if the host or port of a URI looks like the end of a password that has
 * an unescaped "@", "/" or "?": libpq would take it, and show it in an error.
 */
static bool
has_stray_password(const Settings *settings)
{
	const char *host = get_setting(settings, "host");
	const char *port = get_setting(settings, "port");

	return (host && strchr(host, '@') != NULL && *host != '@' && *host != '/') ||
		(port && strspn(port, "0123456789,") != strlen(port));
}

/*
 * In an ini file "%" is written twice.  In a URI "%%" has no meaning, so one
 * that was copied from there is taken for what is meant.
 */
char *
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

/*
 * Take over what libpq makes of the string.
 */
static void
parse_as_libpq(Settings *settings, const char *text)
{
	PQconninfoOption *parsed = PQconninfoParse(text, NULL);

	if (parsed == NULL)
		settings->reason = "";
	for (const PQconninfoOption *item = parsed; item && item->keyword; item++)
	{
		if (item->val)
			set_setting(settings, item->keyword, item->val);
	}
	PQconninfoFree(parsed);
}

/*
 * A URI of libpq's, with parameters that only a driver may know.
 */
static void
read_plain_uri(const char *uri, Settings *settings)
{
	const char *query = find_parameters(uri);
	PQExpBufferData known;

	initPQExpBuffer(&known);
	appendBinaryPQExpBuffer(&known, uri, query ? query - uri : strlen(uri));
	for (char separator = '?'; query && *query;)
	{
		size_t		len = strcspn(++query, "&");
		const char *equals = memchr(query, '=', len);
		char	   *key = decode_percents(query, equals ? equals - query : len, false);
		char	   *whole = decode_percents(query, len, false);

		/* "ssl=true" is one that libpq knows; what has no "=" it refuses */
		if (key && equals && !is_setting(settings, key) && !(whole && strcmp(whole, "ssl=true") == 0))
		{
			leave_out(settings, key);
			if (memchr(query, '@', len) != NULL)
				settings->reason = NOT_PARAMETERS;
		}
		else
		{
			appendPQExpBufferChar(&known, separator);
			appendBinaryPQExpBuffer(&known, query, len);
			separator = '&';
		}
		free(key);
		free(whole);
		query += len;
	}
	if (settings->reason == NULL)
		parse_as_libpq(settings, known.data);
	if (settings->reason == NULL && has_stray_password(settings))
		settings->reason = "";
	termPQExpBuffer(&known);
}

/*
 * Behind the value of a pair: quoted, or without spaces; "\" takes the meaning
 * of the character that follows.
 */
static const char *
skip_value(const char *value)
{
	char		quote = *value == '\'' ? *value : '\0';

	for (value += quote != '\0'; *value; value++)
	{
		if (*value == '\\' && value[1] != '\0')
			value++;
		else if (quote ? *value == quote : strchr(SPACES, *value) != NULL)
			return value + (quote != '\0');
	}
	return value;
}

/*
 * Find the next pair.  Returns false at the end of the text.
 */
bool
next_pair(Pair *pair, const char *text)
{
	const char *equals;

	pair->key = text + strspn(text, SPACES);
	pair->key_len = strcspn(pair->key, "=" SPACES);
	equals = pair->key + pair->key_len;
	equals += strspn(equals, SPACES);
	pair->end = *equals == '=' ? skip_value(equals + 1 + strspn(equals + 1, SPACES)) : NULL;
	return *pair->key != '\0';
}

/*
 * Pairs of libpq's, with some that only a driver may know.  Behind a password
 * it would be a part of that, which was not quoted.
 */
static void
read_pairs(const char *text, Settings *settings)
{
	PQExpBufferData known;
	bool		after_password = false;
	Pair		pair;

	initPQExpBuffer(&known);
	for (; next_pair(&pair, text); text = pair.end)
	{
		char	   *key = pnstrdup(pair.key, pair.key_len);

		if (pair.end == NULL)
			settings->reason = "";
		else if (!is_setting(settings, key) && !after_password)
			leave_out(settings, key);
		else
			appendPQExpBuffer(&known, "%s%.*s", known.len > 0 ? " " : "",
							  (int) (pair.end - pair.key), pair.key);
		after_password = strcmp(key, "password") == 0;
		free(key);
		if (pair.end == NULL)
			break;
	}
	if (settings->reason == NULL)
		parse_as_libpq(settings, known.data);
	termPQExpBuffer(&known);
}

/*
 * A URI is libpq's, or SQLAlchemy's if it names a driver.
 */
static void
read_uri(const char *text, Settings *settings)
{
	char	   *uri = without_doubled_percents(text);
	size_t		scheme_len = strcspn(uri, "+:");

	if ((scheme_len != 10 && scheme_len != 8) || strncmp(uri, "postgresql", scheme_len) != 0)
		settings->reason = ": it does not start with \"postgresql://\"";
	else if (uri[scheme_len] == '+')
	{
		read_driver_url(uri, settings);
		if (settings->reason == NULL && has_stray_password(settings))
			settings->reason = "";
	}
	else
		read_plain_uri(uri, settings);
	free(uri);
}

/*
 * libpq looks at that one only where it waits itself, which we do not let it.  Nor does
 * psycopg, which takes a fraction, and leaves it out.
 */
static void
check_timeout(const char *value, const char *source)
{
	char	   *end;

	if (value == NULL || *value == '\0')
		return;
	errno = 0;
	(void) strtoint(value, &end, 10);
	if (end > value && *end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (end == value || end[strspn(end, SPACES)] != '\0' || errno != 0)
		usage_error(NULL, "It is a number of seconds.", "invalid value for %s", source);
}

/*
 * What no name has: see check_text().  A password may have anything.
 */
static void
check_settings(const Settings *settings, const char *source)
{
	for (const PQconninfoOption *item = settings->items; item->keyword; item++)
	{
		char	   *what = psprintf("%s in the connection string in %s", item->keyword, source);

		if (item->val && strcmp(item->keyword, "password") != 0)
			check_controls(item->val, what);
		if (strcmp(item->keyword, "connect_timeout") == 0)
			check_timeout(item->val, what);
		free(what);
	}
	if (get_setting(settings, "connect_timeout") == NULL)
		check_timeout(getenv("PGCONNECT_TIMEOUT"), "PGCONNECT_TIMEOUT");
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
	Settings	settings;
	char	   *pairs;

	if (dbname == NULL)
	{
		check_timeout(getenv("PGCONNECT_TIMEOUT"), "PGCONNECT_TIMEOUT");
		return "";
	}
	if (is_uri(dbname) || strchr(dbname, '=') == NULL)
		check_text(dbname, source);
	begin_settings(&settings);
	if (is_uri(dbname))
		read_uri(dbname, &settings);
	else if (strchr(dbname, '=') != NULL)
		read_pairs(dbname, &settings);
	else if (strpbrk(dbname, " :@/") == NULL)
		set_setting(&settings, "dbname", dbname);
	else
		settings.reason = "";
	if (settings.reason != NULL)
		refuse(source, settings.reason);

	check_settings(&settings, source);
	split_sockets(&settings);
	if (settings.left_out.len > 0)
		log_warning("parameters of the driver in %s are left out: %s", source,
					settings.left_out.data);
	pairs = write_settings(&settings);
	end_settings(&settings);
	return pairs;
}
