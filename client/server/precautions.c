/*-------------------------------------------------------------------------
 *
 * precautions.c
 *		What is looked at before libpq connects.
 *
 * Which names have to be looked up, and that libpq will not read the password
 * file.  It writes its warning of that to stderr, each time it connects, which is
 * no line of JSON.  So we look first as it would, say it in our own way, once, and
 * have libpq look for a file that is not there, of which it says nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include "base/log.h"
#include "libpq/pqcomm.h"
#include "pqexpbuffer.h"
#include "server/precautions.h"
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
void
name_look_ups(Session *session, const PQconninfoOption *options)
{
	PQExpBufferData names;

	initPQExpBuffer(&names);
	if (*setting_value(options, "hostaddr") == '\0')
		append_host_names(&names, setting_value(options, "host"));
	if (names.len > 0)
		session->blocking = psprintf("the look-up of host name \"%s\"", names.data);
	termPQExpBuffer(&names);
}

/*
 * The file that libpq would look at, or NULL.  A service may name another,
 * which is left to libpq.
 */
static char *
find_password_file(const PQconninfoOption *options)
{
	const char *passfile = setting_value(options, "passfile");
	const char *home = getenv("HOME");

	if (options == NULL || *setting_value(options, "password") ||
		*setting_value(options, "service"))
		return NULL;
	if (*passfile)
		return pg_strdup(passfile);
	return home ? psprintf("%s/.pgpass", home) : NULL;
}

/*
 * Have another file looked at, if there is need.
 */
void
replace_unread_password_file(Session *session, const PQconninfoOption *options)
{
	static bool told = false;
	char	   *file = find_password_file(options);
	struct stat st;

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
		session->passfile = psprintf("%s/none", file);
	}
	free(file);
}
