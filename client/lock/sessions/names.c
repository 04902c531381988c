/*-------------------------------------------------------------------------
 *
 * names.c
 *		Whether the server knows a session by the name that was sent.
 *
 * The sessions of a migration command are known by their names.  A pooler may
 * append to them, or give its server connections one of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/sessions/names.h"
#include "server/setting.h"

/*
 * The name with which libpq connected, allocated.
 */
char *
sent_application_name(const Session *session)
{
	PQconninfoOption *options = PQconninfo(session->conn);
	char	   *name = pg_strdup(setting_value(options, "application_name"));

	PQconninfoFree(options);
	return name;
}

/*
 * Something may have been appended.  The server cuts names, and replaces what
 * is not ASCII.
 */
bool
is_name_sent(const char *sent, const char *arrived)
{
	for (int i = 0; i < NAMEDATALEN - 1 && sent[i] && !IS_HIGHBIT_SET(sent[i]); i++)
	{
		if (sent[i] != arrived[i])
			return false;
	}
	return true;
}
