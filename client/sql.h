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
#include "options.h"

extern char *sql_find_extension(void);
extern char *sql_probe(PGconn *conn, const char *schema, const Options *options);
extern char *sql_try(PGconn *conn, const char *schema, const Options *options);
extern char *sql_begin_and_try(PGconn *conn, const char *schema, const Options *options);
extern char *sql_current_heads(PGconn *conn, const char *schema, const Options *options);
extern char *sql_heartbeat(void);
extern char *sql_migration_sessions(int recent_ms);
extern char *sql_commit(void);
extern char *sql_rollback(void);

#endif							/* SQL_H */
