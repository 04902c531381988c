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
#include "server/hosts.h"

struct		Way;

typedef struct Session
{
	PGconn	   *conn;			/* NULL if not connected */
	const struct Way *way;		/* in which it is asked; NULL if not known yet */
	char	   *schema;			/* of the extension; a guess until verified */
	bool		schema_known;
	bool		extension_missing;	/* when it was last looked for */
	bool		extension_works;	/* it has answered, so it is the right one */
	Hosts		hosts;			/* without those that were silent, for as long as another answers */
	char	   *blocking;		/* what may block while we connect */
	Failure		last_words;		/* of a server that ended the connection */
	char	   *extension_version;	/* once asked for */
	char	   *heads;			/* that the last look found, see take_heads() */
	char	   *failed_heads;
	Failure		failure;		/* why the last call did not work */

	/* Called whenever the time comes that "due" tells, which it puts off. */
	void		(*report)(void *arg);
	void	   *report_arg;
	const Millis *report_due;
	char	   *running;		/* whose long work an answer waits for, or NULL */
	const char *reading;		/* which table is read, or NULL */
	long		memory_limit;	/* of an answer, see ask.c */
} Session;

/* Takes the rows of a COPY; false, and the failure set, if it wants no more. */
typedef struct RowTaker RowTaker;
struct RowTaker
{
	bool		(*take)(RowTaker *taker, const char *row, int len, Failure *failure);
	const char *table;			/* whose rows they are, for messages */
	int64		rows;			/* taken so far */
};

extern bool session_open(Session *session, const char *conninfo, Millis deadline);
extern bool session_be_idle(Session *session, const char *conninfo, Millis deadline);
extern void session_close(Session *session);
extern void session_broke(Session *session);
extern void session_drop(Session *session);
extern bool session_send(Session *session, Query *query);
extern bool session_send_script(Session *session, const char *statement);
extern bool session_read(Session *session);
extern PGresult *session_receive(Session *session, Millis until);
extern void session_error(Session *session, const PGresult *result);
extern bool check_result(Session *session, const PGresult *result, const Query *query);
extern PGresult *session_query(Session *session, Query query, Millis until);
extern bool session_do(Session *session, Query query, Millis until);
extern bool session_ask(Session *session, Query query, Millis until, bool *answer);
extern bool session_copy(Session *session, Query query, RowTaker *taker, Millis until);

#endif							/* SESSION_H */
