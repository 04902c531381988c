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
#include "options/options.h"
#include "pqexpbuffer.h"

/* A timestamptz as text that does not depend on settings. */
#define SQL_UTC(value) \
	"pg_catalog.to_char(pg_catalog.timezone('UTC'::pg_catalog.text, " value ")," \
	" 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'::pg_catalog.text)"

extern char *sql_find_extension(void);
extern char *sql_probe(PGconn *conn, const char *schema, const Options *options);
extern char *sql_try(PGconn *conn, const char *schema, const Options *options);
extern char *sql_begin_and_try(PGconn *conn, const char *schema, const Options *options);
extern char *sql_current_heads(PGconn *conn, const char *schema, const Options *options);
extern char *sql_status(PGconn *conn, const char *schema, const Options *options);
extern char *sql_sessions(int holder_pid);
extern char *sql_break_orphan(const char *schema, const Options *options);
extern char *sql_heartbeat(void);
extern char *sql_begin(PGconn *conn);
extern char *sql_begin_script(void);
extern char *sql_limit_time(int64 left);
extern char *sql_restore_names(PGconn *conn, const char *search_path, const char *role);
extern char *sql_back_to_end_of_script(void);
extern char *sql_migration_sessions(const Options *options, int recent_ms);
extern char *sql_commit(void);
extern char *sql_rollback(void);

/* Parts of statements. */
extern void append_literal(PQExpBuffer sql, PGconn *conn, const char *value);
extern void append_expected_heads(PQExpBuffer sql, PGconn *conn, const Options *options);
extern void append_validate_function(PQExpBuffer sql, PGconn *conn, const char *schema);
extern void append_begin_guard(PQExpBuffer sql, PGconn *conn);

#endif							/* SQL_H */
