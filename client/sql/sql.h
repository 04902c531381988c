/*-------------------------------------------------------------------------
 *
 * sql.h
 *		The statements that a start sends.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_H
#define SQL_H

#include "libpq-fe.h"
#include "options/target.h"
#include "pqexpbuffer.h"
#include "sql/query.h"

/* A timestamptz as text that does not depend on settings. */
#define SQL_UTC(value) \
	"pg_catalog.to_char(pg_catalog.timezone('UTC'::pg_catalog.text, " value ")," \
	" 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'::pg_catalog.text)"

/*
 * An error that we go on after must not end the session, as it does where
 * somebody has set exit_on_error.  The one that each start may cause is left
 * out, see session_is_at_head(): that message is to stay as quick as it is.
 */
#define SQL_GO_ON "SET LOCAL exit_on_error = off; "

/* The question for all that is known, and an item of an answer of the extension. */
#define SQL_STATUS "gw_bootstrap_status"
#define SQL_ITEM(number) "t.a OPERATOR(pg_catalog.->>) " #number

extern Query sql_find_extension(void);
extern Query sql_create_extension(void);
extern Query sql_at_head(PGconn *conn, const char *schema, const Target *target);
extern Query sql_try(PGconn *conn, const char *schema, const Target *target, bool in_guard);
extern Query sql_heads(PGconn *conn, const char *schema, const Target *target);
extern Query sql_status(PGconn *conn, const char *schema, const Target *target);
extern Query sql_break_orphan(PGconn *conn, const char *schema, const Target *target);
extern Query sql_sessions(int holder_pid);
extern Query sql_heartbeat(void);
extern Query sql_advisory_locks(PGconn *conn, const char *table);
extern Query sql_commit(void);
extern Query sql_rollback(void);

/* Parts of statements. */
extern Query ask_extension(PGconn *conn, const char *schema, const Target *target,
						   const char *question, const char *columns, const char *answer);
extern void append_literal(PQExpBuffer sql, PGconn *conn, const char *value);
extern void append_identifier(PQExpBuffer sql, PGconn *conn, const char *name);
extern void begin_guard(PQExpBuffer sql, PGconn *conn);

#endif							/* SQL_H */
