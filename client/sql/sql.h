/*-------------------------------------------------------------------------
 *
 * sql.h
 *		Every SQL statement that the client sends.
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

/* The condition that a lock is of a key, for a format; and what that takes. */
#define SQL_HAS_KEY \
	"l.locktype OPERATOR(pg_catalog.=) 'advisory'::pg_catalog.text" \
	" AND l.classid OPERATOR(pg_catalog.=) '%u'::pg_catalog.oid" \
	" AND l.objid OPERATOR(pg_catalog.=) '%u'::pg_catalog.oid"
#define KEY_HALVES(key) (unsigned) ((uint64) (key) >> 32), (unsigned) ((uint64) (key) & 0xFFFFFFFF)

/* The transaction that has the lock l, by a name that no other ever has. */
#define SQL_GUARD_NAME \
	"(l.virtualtransaction OPERATOR(pg_catalog.||) '@'::pg_catalog.text" \
	" OPERATOR(pg_catalog.||) (pg_catalog.date_part('epoch'::pg_catalog.text," \
	" pg_catalog.pg_postmaster_start_time()) OPERATOR(pg_catalog.*) 1000000)" \
	"::pg_catalog.int8::pg_catalog.text)"

extern Query sql_find_extension(void);
extern Query sql_create_extension(void);
extern Query sql_at_head(PGconn *conn, const char *schema, const Target *target);
extern Query sql_try(PGconn *conn, const char *schema, const Target *target, bool in_guard);
extern Query sql_heads(PGconn *conn, const char *schema, const Target *target);
extern Query sql_status(PGconn *conn, const char *schema, const Target *target);
extern Query sql_break_orphan(PGconn *conn, const char *schema, const Target *target);
extern Query sql_sessions(int holder_pid);
extern Query sql_heartbeat(void);
extern Query sql_fence(void);
extern Query sql_token(void);
extern Query sql_token_seen(const Target *target, const char *role, const char *token);
extern Query sql_may_watch(void);
extern Query sql_watch(const Target *target, const char *name);
extern Query sql_is_guard(const Target *target, const char *names);
extern Query sql_advisory_locks(PGconn *conn, const char *table);
extern Query sql_namesakes(PGconn *conn, const Target *target);
extern Query sql_commit(void);
extern Query sql_rollback(void);

/* Columns of sql_watch(): backends of the command, or NULL. */
enum
{
	WATCH_WAITING,				/* in a call, for the lock */
	WATCH_ASKING				/* has asked for an advisory lock in vain */
};

/* Parts of statements. */
extern Query ask_extension(PGconn *conn, const char *schema, const Target *target,
						   const char *question, const char *columns, const char *answer);
extern void append_literal(PQExpBuffer sql, PGconn *conn, const char *value);
extern void append_identifier(PQExpBuffer sql, PGconn *conn, const char *name);
extern void begin_guard(PQExpBuffer sql, PGconn *conn);

#endif							/* SQL_H */
