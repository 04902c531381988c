/*-------------------------------------------------------------------------
 *
 * session.h
 *		A connection on which no call blocks without a bound.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SESSION_H
#define SESSION_H

#include "base/wait.h"
#include "libpq-fe.h"
#include "lock/ahead.h"
#include "options/options.h"
#include "server/failure.h"
#include "server/hosts.h"

typedef struct Session
{
	PGconn	   *conn;			/* NULL if not connected */
	char	   *schema;			/* of the extension; a guess until verified */
	bool		schema_known;
	bool		extension_missing;	/* when it was last looked for */
	bool		extension_works;	/* it has answered, so it is the right one */
	bool		plain;			/* do without the extension */
	Hosts		hosts;			/* without those that were silent, for as long as another answers */
	Failure		last_words;		/* of a server that ended the connection */
	char	   *extension_version;	/* once asked for */
	Failure		failure;		/* why the last call did not work */

	/* Called whenever the time comes that "due" tells, which it puts off. */
	void		(*report)(void *arg);
	void	   *report_arg;
	const Millis *report_due;
	char	   *running;		/* whose long work an answer waits for, or NULL */
} Session;

extern bool session_open(Session *session, const char *conninfo, Millis deadline);
extern void session_close(Session *session);
extern void session_broke(Session *session);
extern bool session_send(Session *session, char *sql);
extern bool session_send_unlogged(Session *session, const char *sql);
extern PGresult *session_receive(Session *session, Millis deadline);
extern PGresult *session_query(Session *session, char *sql, Millis deadline);
extern bool session_find_extension(Session *session, Millis deadline);
extern bool session_forget_extension(Session *session);
extern bool session_is_at_head(Session *session, const Options *options, Millis deadline, bool *at_head);
extern bool session_read_heads(Session *session, const Options *options, Millis deadline, Heads *heads);

#endif							/* SESSION_H */
