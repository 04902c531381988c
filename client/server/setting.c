/*-------------------------------------------------------------------------
 *
 * setting.c
 *		What a connection string says, or else the environment.
 *
 * And what follows from that for whoever connects: which names have to be looked
 * up, and that libpq will not read the password file.  It writes its warning of
 * that to stderr, each time it connects, which is no line of JSON.  So we look
 * first as it would, say it in our own way, once, and have libpq look for a file
 * that is not there, of which it says nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include "base/log.h"
#include "libpq/pqcomm.h"
#include "pqexpbuffer.h"
#include "server/setting.h"

/*
 * The value for the keyword, in what libpq has read; empty if there is none.
 */
const char *
setting_value(const PQconninfoOption *options, const char *keyword)
{
	const char *value = NULL;

	for (const PQconninfoOption *option = options; option && option->keyword; option++)
	{
		if (strcmp(option->keyword, keyword) == 0)
			value = option->val == NULL && option->envvar ? getenv(option->envvar) : option->val;
	}
	return value ? value : "";
}

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
