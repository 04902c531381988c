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

#include "base/exit_code.h"
#include "base/log.h"
#include "fe_utils/string_utils.h"
#include "libpq-fe.h"
#include "options/url.h"
#include "pqexpbuffer.h"

#define KEY_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

#define NOT_PARAMETERS ": what follows \"?\" are no parameters"

/* What is read so far, and what is found wrong with it. */
typedef struct Url
{
	PQconninfoOption *settings; /* those that libpq knows, to be filled in */
	PQExpBufferData hosts;		/* of repeated "host=", with their ports */
	PQExpBufferData ports;
	bool		has_ports;
	PQExpBufferData left_out;	/* parameters that are the driver's alone */
	const char *reason;			/* why it is refused, or NULL */
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
 * Parameters that say how safe a connection has to be.  Left out if libpq does
 * not know them, they would make one less safe than was asked for.
 */
static const char *const never_left_out[] = {"ssl", "direct_tls", "require_auth", "channel_binding", "gss"};

/*
 * Decode what is percent-encoded.  NULL if it has a zero byte.
 */
static char *
decode(const char *text, size_t len, bool plus_is_space)
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
 * Set what libpq knows; an empty value is none.  Returns false if libpq
 * doesn't know it.
 */
static bool
set(Url *url, const char *keyword, const char *value)
{
	for (PQconninfoOption *setting = url->settings; setting->keyword; setting++)
	{
		if (strcmp(setting->keyword, keyword) != 0)
			continue;
		if (*value != '\0')
		{
			free(setting->val);
			setting->val = strdup(value);	/* PQconninfoFree() frees it */
		}
		return true;
	}
	return false;
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

/*
 * pg8000's name of a socket, DIRECTORY/.s.PGSQL.PORT, of which libpq wants the
 * parts.
 */
static void
set_socket(Url *url, const char *path)
{
	static const char file[] = "/.s.PGSQL.";
	const char *found = strstr(path, file);
	char	   *part;

	if (found == NULL || found == path)
	{
		url->reason = ": unix_sock does not end in /.s.PGSQL.PORT";
		return;
	}
	part = pnstrdup(path, found - path);
	set(url, "host", part);
	free(part);
	part = pnstrdup(found + strlen(file), strspn(found + strlen(file), "0123456789"));
	set(url, "port", part);
	free(part);
}

static void
leave_out(Url *url, const char *key, const char *raw, size_t raw_len)
{
	for (int i = 0; i < lengthof(never_left_out); i++)
	{
		if (strncmp(key, never_left_out[i], strlen(never_left_out[i])) == 0)
			url->reason = ": libpq does not know one of its parameters that make a connection safe";
	}

	/* it may be the end of a password that has "@" and "?" */
	if (*key == '\0' || strspn(key, KEY_CHARACTERS) != strlen(key) || memchr(raw, '@', raw_len) != NULL)
		url->reason = NOT_PARAMETERS;
	if (url->left_out.len > 0)
		appendPQExpBufferStr(&url->left_out, ", ");
	appendPQExpBufferStr(&url->left_out, key);
}

static bool
is_sslmode(const char *value)
{
	static const char *const modes[] = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};

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
		url->reason = ": its ssl is no sslmode";
	else if (strcmp(key, "host") == 0)
		add_host(url, value);
	else if (strcmp(key, "unix_sock") == 0)
		set_socket(url, value);
	else if (!set(url, key, value))
		leave_out(url, key, raw, raw_len);
}

static void
parse_parameters(Url *url, const char *query)
{
	while (*query != '\0')
	{
		size_t		len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		size_t		key_len = equals ? equals - query : len;
		char	   *key = decode(query, key_len, true);
		char	   *value = equals ? decode(equals + 1, len - key_len - 1, true) : pg_strdup("");

		if (equals == NULL && len > 0)
			url->reason = NOT_PARAMETERS;
		else if (key == NULL || value == NULL)
			url->reason = ": it has a zero byte";
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
	char	   *value = decode(text, len, false);

	if (value == NULL)
		url->reason = ": it has a zero byte";
	else
		set(url, keyword, value);
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
	if (password != NULL && memchr(text, '@', user_len) != NULL)
		url->reason = ": it has an \"@\" that is not percent-encoded";
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

	set(url, "host", host);
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
 * Write it down for libpq.  Not as a URI: a host or a key may be anything.
 */
static char *
make_pairs(Url *url)
{
	PQExpBufferData pairs;

	if (url->hosts.len > 0)
		set(url, "host", url->hosts.data);
	if (url->has_ports)
		set(url, "port", url->ports.data);
	initPQExpBuffer(&pairs);
	for (PQconninfoOption *setting = url->settings; setting->keyword; setting++)
	{
		if (setting->val == NULL)
			continue;
		appendPQExpBuffer(&pairs, "%s%s=", pairs.len > 0 ? " " : "", setting->keyword);
		appendConnStrVal(&pairs, setting->val);
	}
	return pairs.data;
}

/*
 * Turn it into key=value pairs.  Returns NULL, and sets the reason, if it has
 * no meaning; that never quotes it.
 */
char *
driver_url_to_conninfo(const char *text, const char *source, const char **reason)
{
	Url			url = {.settings = PQconninfoParse("", NULL)};
	char	   *pairs = NULL;

	if (url.settings == NULL)
	{
		log_error("out of memory");
		exit(EXIT_STEP_FAILED);
	}
	initPQExpBuffer(&url.hosts);
	initPQExpBuffer(&url.ports);
	initPQExpBuffer(&url.left_out);
	text = strstr(text, "://") + 3;
	text = parse_place(&url, parse_user(&url, text));
	if (*text == '?')
		parse_parameters(&url, text + 1);
	else if (*text != '\0')
		url.reason = "";
	if (url.reason == NULL)
	{
		pairs = make_pairs(&url);
		if (url.left_out.len > 0)
			log_warning("parameters of the driver in %s are left out: %s", source, url.left_out.data);
	}
	*reason = url.reason;
	PQconninfoFree(url.settings);
	termPQExpBuffer(&url.hosts);
	termPQExpBuffer(&url.ports);
	termPQExpBuffer(&url.left_out);
	return pairs;
}
