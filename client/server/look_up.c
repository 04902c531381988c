/*-------------------------------------------------------------------------
 *
 * look_up.c
 *		Which host names libpq has to look up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <arpa/inet.h>

#include "libpq/pqcomm.h"
#include "pqexpbuffer.h"
#include "server/look_up.h"
#include "server/setting.h"

/*
 * A directory of sockets needs no look-up, nor does an address.
 */
static bool
is_host_name(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return *host != '\0' && !is_unixsock_path(host) &&
		inet_pton(AF_INET, host, address) != 1 && strchr(host, ':') == NULL;
}

static void
append_host_names(PQExpBuffer names, const char *hosts)
{
	char	   *copy = pg_strdup(hosts);
	char	   *next = copy;
	char	   *host;

	while ((host = strsep(&next, ",")) != NULL)
	{
		if (is_host_name(host))
			appendPQExpBuffer(names, "%s%s", names->len > 0 ? "," : "", host);
	}
	free(copy);
}

/*
 * What may block while libpq connects, for a message.
 */
char *
describe_look_up(const char *conninfo)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	PQExpBufferData names;
	char	   *text;

	initPQExpBuffer(&names);
	if (*setting_value(options, "hostaddr") == '\0')
		append_host_names(&names, setting_value(options, "host"));
	text = names.len > 0 ?
		psprintf("the look-up of host name \"%s\"", names.data) :
		pg_strdup("the set-up of a connection");
	termPQExpBuffer(&names);
	PQconninfoFree(options);
	return text;
}
