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
#include "options/options.h"
#include "server/answer.h"

struct		Way;

typedef struct Session
{
	PGconn	   *conn;			/* NULL if not connected */
	const struct Way *way;		/* in which it is asked; NULL if not known yet */
	char	   *schema;			/* of the extension; a guess until its version is known */
	char	   *extension_version;	/* or NULL */
	bool		extension_works;	/* it has answered, so it is the right one */
	char	   *blocking;		/* what may block while we connect, or NULL */
	char	   *passfile;		/* instead of the one in the connection string, or NULL */
	char	   *host;			/* likewise, */
	char	   *hostaddr;
	char	   *port;
	struct Hosts *hosts;		/* of which these are left */
	Millis		(*turn)(struct Session *session, Millis until);	/* of one of them */
	const char *standby_hint;	/* what mends that it is one, or NULL */
	Failure		last_words;		/* of a server that ended the connection */
	char	   *heads;			/* that the last look found, see take_heads() */
	char	   *failed_heads;
	Failure		failure;		/* why the last call did not work */

	/* Called whenever the time comes that "due" tells, which it puts off. */
	void		(*report)(void *arg);
	void	   *report_arg;
	const Millis *report_due;
	char	   *running;		/* whose long work an answer waits for, or NULL */
	bool		(*take_rows)(struct Session *session, Millis until);	/* of a COPY, or NULL */
	struct RowTaker *taker;		/* of each of them */
	long		memory_limit;	/* of an answer, see ask.c */
} Session;

extern bool session_try_to_open(Session *session, const char *conninfo, Millis until);
extern bool session_open(Session *session, const char *conninfo, Millis deadline);
extern bool session_be_idle(Session *session, const char *conninfo, Millis deadline);
extern void session_close(Session *session);
extern void session_broke(Session *session);
extern void session_drop(Session *session);
extern bool session_send(Session *session, Query *query);
extern bool session_send_text(Session *session, const char *text);
extern bool session_read(Session *session);
extern PGresult *session_receive(Session *session, Millis until);
extern void session_error(Session *session, const PGresult *result);
extern bool check_result(Session *session, const PGresult *result, const Query *query);
extern PGresult *session_query(Session *session, Query query, Millis until);
extern bool session_do(Session *session, Query query, Millis until);
extern bool session_ask(Session *session, Query query, Millis until, bool *answer);

#endif							/* SESSION_H */
