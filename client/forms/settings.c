/*-------------------------------------------------------------------------
 *
 * settings.c
 *		What a connection string sets, while it is being read.
 *
 * The string is the service's, and may have parameters of its driver.  Those
 * that libpq does not know are left out, unless the connection would be less
 * safe without them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "fe_utils/string_utils.h"
#include "forms/settings.h"

#define KEY_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."

/* The name of a socket's file, which the port follows. */
#define SOCKET_FILE "/.s.PGSQL."

/*
 * What drivers call their demands on the safety of a connection begins like
 * this, in any case.  libpq's own words are known to it.
 */
static const char *const never_left_out[] = {
	"ssl", "use_ssl", "usessl", "requiressl", "tls", "usetls", "use_tls", "direct_tls",
	"encrypt", "verify", "rootcert", "root_cert", "ca_cert", "cafile", "require_auth",
	"channel_binding", "channelbinding", "gss", "kerberos"};

/* But these only say who we are: the server still decides. */
static const char *const identity[] = {
	"sslidentity", "ssl_cert", "ssl_key", "ssl_certfile", "ssl_keyfile",
	"ssl_cert_file", "ssl_key_file", "sslcertfile", "sslkeyfile"};

void
begin_settings(Settings *settings)
{
	*settings = (Settings) {.items = PQconninfoParse("", NULL)};
	initPQExpBuffer(&settings->left_out);
	if (settings->items == NULL || PQExpBufferBroken(&settings->left_out))
	{
		log_error("out of memory");
		exit(EXIT_FAILURE);
	}
}

static PQconninfoOption *
find_setting(const Settings *settings, const char *keyword)
{
	for (PQconninfoOption *item = settings->items; item->keyword; item++)
	{
		if (strcmp(item->keyword, keyword) == 0)
			return item;
	}
	return NULL;
}

bool
is_setting(const Settings *settings, const char *keyword)
{
	return find_setting(settings, keyword) != NULL;
}

const char *
get_setting(const Settings *settings, const char *keyword)
{
	const PQconninfoOption *item = find_setting(settings, keyword);

	return item ? item->val : NULL;
}

/*
 * Set what libpq knows; an empty value is none.  Returns false if libpq
 * doesn't know it.
 */
bool
set_setting(Settings *settings, const char *keyword, const char *value)
{
	PQconninfoOption *item = find_setting(settings, keyword);

	if (item != NULL && *value != '\0')
	{
		free(item->val);
		item->val = pg_strdup(value);	/* PQconninfoFree() frees it */
	}
	return item != NULL;
}

static bool
begins_with(const char *key, const char *const *words, int count, bool whole)
{
	for (int i = 0; i < count; i++)
	{
		if (pg_strncasecmp(key, words[i], strlen(words[i]) + whole) == 0)
			return true;
	}
	return false;
}

/*
 * A parameter that libpq does not know.
 */
void
leave_out(Settings *settings, const char *key)
{
	if (begins_with(key, never_left_out, lengthof(never_left_out), false) &&
		!begins_with(key, identity, lengthof(identity), true))
		settings->reason = ": libpq does not know one of its parameters that make a connection "
						   "safe";
	if (*key == '\0' || strspn(key, KEY_CHARACTERS) != strlen(key))
		settings->reason = NOT_PARAMETERS;
	if (settings->left_out.len > 0)
		appendPQExpBufferStr(&settings->left_out, ", ");
	appendPQExpBufferStr(&settings->left_out, key);
}

/*
 * Some drivers take the name of a socket's file for a host: DIR/.s.PGSQL.PORT,
 * of which libpq wants the parts.
 */
void
split_sockets(Settings *settings)
{
	const char *host = get_setting(settings, "host");
	const char *port = get_setting(settings, "port");
	PQExpBufferData hosts;
	PQExpBufferData ports;

	if (host == NULL || strstr(host, SOCKET_FILE) == NULL)
		return;
	initPQExpBuffer(&hosts);
	initPQExpBuffer(&ports);
	for (;;)
	{
		int			len = strcspn(host, ",");
		char	   *one = pnstrdup(host, len);
		char	   *file = *one == '/' ? strstr(one, SOCKET_FILE) : NULL;
		int			port_len = port ? strcspn(port, ",") : 0;

		if (file)
			*file = '\0';
		appendPQExpBufferStr(&hosts, one);
		if (file)
			appendPQExpBufferStr(&ports, file + strlen(SOCKET_FILE));
		else
			appendBinaryPQExpBuffer(&ports, port ? port : "", port_len);
		free(one);
		if (host[len] == '\0')
			break;
		host += len + 1;
		/* one port is that of all hosts */
		if (port && port[port_len])
			port += port_len + 1;
		appendPQExpBufferChar(&hosts, ',');
		appendPQExpBufferChar(&ports, ',');
	}
	set_setting(settings, "host", hosts.data);
	set_setting(settings, "port", ports.data);
	termPQExpBuffer(&hosts);
	termPQExpBuffer(&ports);
}

/*
 * Write it down for libpq.  Not as a URI: a host or a key may be anything.
 */
char *
write_settings(const Settings *settings)
{
	PQExpBufferData pairs;

	initPQExpBuffer(&pairs);
	for (const PQconninfoOption *item = settings->items; item->keyword; item++)
	{
		if (item->val == NULL)
			continue;
		appendPQExpBuffer(&pairs, "%s%s=", pairs.len > 0 ? " " : "", item->keyword);
		appendConnStrVal(&pairs, item->val);
	}
	return pairs.data;
}

void
end_settings(Settings *settings)
{
	PQconninfoFree(settings->items);
	termPQExpBuffer(&settings->left_out);
}
