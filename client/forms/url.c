/*-------------------------------------------------------------------------
 *
 * url.c
 *		URLs that name a driver, as SQLAlchemy reads them.
 *
 * "postgresql+asyncpg://..." looks like libpq's URI, but is none: the password
 * goes as far as the first "@" whatever is in it, a "%" that encodes nothing
 * is itself, "+" in a parameter is a space, and the parameters are the
 * driver's.  Since the service connects by those rules, the client has to
 * follow them, or it would look at another database.  They are those of
 * _parse_url() and create_connect_args() in SQLAlchemy 1.4 to 2.1.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "forms/url.h"

/* What is read so far. */
typedef struct Url
{
	Settings   *settings;
	PQExpBufferData hosts;		/* of repeated "host=", with their ports */
	PQExpBufferData ports;
	bool		has_ports;
} Url;

/* What drivers call otherwise than libpq does. */
static const struct
{
	const char *theirs;
	const char *ours;
} synonyms[] = {
	{"ssl", "sslmode"}, /* asyncpg */
	{"database", "dbname"}}; /* asyncpg, pg8000 */

/*
 * Decode what is percent-encoded.  NULL if it has a zero byte.
 */
char *
decode_percents(const char *text, size_t len, bool plus_is_space)
{
	char	   *decoded = pg_malloc(len + 1);
	char	   *to = decoded;
	const char *end = text + len;

	for (const char *from = text; from < end; from++)
	{
		unsigned int byte = (unsigned char) *from;

		if (byte == '+' && plus_is_space)
			byte = ' ';
		else if (byte == '%' && end - from > 2 && isxdigit((unsigned char) from[1]) &&
				 isxdigit((unsigned char) from[2]))
		{
			sscanf(from + 1, "%2x", &byte);
			from += 2;
		}
		if (byte == 0)
		{
			free(decoded);
			return NULL;
		}
		*to++ = byte;
	}
	*to = '\0';
	return decoded;
}

/*
 * One of possibly many "host=NAME:PORT".  Their lists are made as the last
 * step, since libpq takes only the last of repeated settings.
 */
static void
add_host(Url *url, const char *value)
{
	const char *colon = *value == '/' || *value == '@' ? NULL : strchr(value, ':');

	if (url->hosts.len > 0)
	{
		appendPQExpBufferChar(&url->hosts, ',');
		appendPQExpBufferChar(&url->ports, ',');
		url->has_ports = true;	/* even if they are the default */
	}
	/* an IPv6 address has more colons than one, and no port */
	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		appendPQExpBufferStr(&url->hosts, value);
	else
	{
		appendBinaryPQExpBuffer(&url->hosts, value, colon - value);
		appendPQExpBufferStr(&url->ports, colon + 1);
		url->has_ports = true;
	}
}

static bool
is_sslmode(const char *value)
{
	static const char *const modes[] = {"disable", "allow", "prefer", "require", "verify-ca",
										"verify-full"};

	for (int i = 0; i < lengthof(modes); i++)
	{
		if (strcmp(value, modes[i]) == 0)
			return true;
	}
	return false;
}

static void
set_parameter(Url *url, const char *key, const char *value, const char *raw, size_t raw_len)
{
	for (int i = 0; i < lengthof(synonyms); i++)
	{
		if (strcmp(key, synonyms[i].theirs) == 0)
			key = synonyms[i].ours;
	}
	if (*value == '\0')
		return;					/* as if it were not there */
	if (strcmp(key, "sslmode") == 0 && !is_sslmode(value))
		url->settings->reason = ": its ssl is no sslmode";
	else if (strcmp(key, "host") == 0)
		add_host(url, value);
	else if (strcmp(key, "unix_sock") == 0 && strstr(value, "/.s.PGSQL.") == NULL)
		url->settings->reason = ": unix_sock does not end in /.s.PGSQL.PORT";
	else if (strcmp(key, "unix_sock") == 0)
		set_setting(url->settings, "host", value);
	else if (!set_setting(url->settings, key, value))
	{
		leave_out(url->settings, key);
		/* it may be the end of a password that has "@" and "?" */
		if (memchr(raw, '@', raw_len) != NULL)
			url->settings->reason = NOT_PARAMETERS;
	}
}

static void
parse_parameters(Url *url, const char *query)
{
	while (*query != '\0')
	{
		size_t		len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		size_t		key_len = equals ? equals - query : len;
		char	   *key = decode_percents(query, key_len, true);
		char	   *value = equals ? decode_percents(equals + 1, len - key_len - 1, true) :
							   pg_strdup("");

		if (equals == NULL && len > 0)
			url->settings->reason = NOT_PARAMETERS;
		else if (key == NULL || value == NULL)
			url->settings->reason = ": it has a zero byte";
		else
			set_parameter(url, key, value, query, len);
		free(key);
		free(value);
		query += len + (query[len] == '&');
	}
}

static void
set_decoded(Url *url, const char *keyword, const char *text, size_t len)
{
	char	   *value = decode_percents(text, len, false);

	if (value == NULL)
		url->settings->reason = ": it has a zero byte";
	else
		set_setting(url->settings, keyword, value);
	free(value);
}

/*
 * "user:password@", of which the password may have any character but "@".
 * Returns what comes after it.
 */
static const char *
parse_user(Url *url, const char *text)
{
	size_t		user_len = strcspn(text, ":/");
	const char *password = text[user_len] == ':' ? text + user_len + 1 : NULL;
	const char *at = password ? strchr(password, '@') : NULL;

	if (at == NULL)
	{
		/* a user alone, then, or none */
		password = NULL;
		for (at = text + user_len; at > text && *at != '@';)
			at--;
		if (*at != '@')
			return text;
		user_len = at - text;
	}
	set_decoded(url, "user", text, user_len);
	if (password)
		set_decoded(url, "password", password, at - password);
	return at + 1;
}

/*
 * "host:port/database".  Returns what comes after it.
 */
static const char *
parse_place(Url *url, const char *text)
{
	size_t		len = *text == '[' ? strcspn(text, "]/?") : strcspn(text, ":/?");
	char	   *host = pnstrdup(text + (*text == '['), len - (*text == '['));

	set_setting(url->settings, "host", host);
	free(host);
	text += len + (text[len] == ']');
	if (*text == ':')
	{
		len = strcspn(text, "/?");
		set_decoded(url, "port", text + 1, len - 1);
		text += len;
	}
	if (*text == '/')
	{
		len = strcspn(text, "?");
		set_decoded(url, "dbname", text + 1, len - 1);
		text += len;
	}
	return text;
}

/*
 * Read what SQLAlchemy would.  Sets the reason if it has no meaning.
 */
void
read_driver_url(const char *text, Settings *settings)
{
	Url			url = {.settings = settings};

	initPQExpBuffer(&url.hosts);
	initPQExpBuffer(&url.ports);
	text = strstr(text, "://") + 3;
	text = parse_place(&url, parse_user(&url, text));
	if (*text == '?')
		parse_parameters(&url, text + 1);
	else if (*text != '\0')
		settings->reason = "";
	if (url.hosts.len > 0)
		set_setting(settings, "host", url.hosts.data);
	if (url.has_ports)
		set_setting(settings, "port", url.ports.data);
	termPQExpBuffer(&url.hosts);
	termPQExpBuffer(&url.ports);
}

/*
 * Where the parameters of a URI begin, or NULL: behind the user and password,
 * which may have a "?", and for a driver a "/", too.
 */
const char *
find_parameters(const char *uri)
{
	const char *start = strstr(uri, "://") + 3;
	const char *end = start + strcspn(start, "@/");

	if (memchr(uri, '+', start - uri) != NULL && memchr(start, ':', end - start) != NULL)
		end = start + strcspn(start, "@");
	return strchr(*end == '@' ? end : start, '?');
}
