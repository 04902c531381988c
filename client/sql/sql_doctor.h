/*-------------------------------------------------------------------------
 *
 * sql_doctor.h
 *		What "gw_bootstrap doctor" asks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_DOCTOR_H
#define SQL_DOCTOR_H

#include "libpq-fe.h"
#include "options/target.h"
#include "sql/query.h"

/* The columns of sql_doctor_settings(); one row. */
enum
{
	SETTING_STATEMENT_TIMEOUT,
	SETTING_LOCK_TIMEOUT,
	SETTING_IDLE_TIMEOUT,
	SETTING_TRANSACTION_TIMEOUT,	/* NULL before 17 */
	SETTING_ISOLATION,
	SETTING_READ_ONLY,
	SETTING_CHECK_INTERVAL,		/* NULL before 14 */
	SETTING_EXIT_ON_ERROR,
	SETTING_KEEPALIVES,			/* seconds; NULL for a local connection */
	SETTING_ROLE				/* whose settings they are */
};

extern Query sql_begin_pid(PGconn *conn);
extern Query sql_own_name(void);
extern Query sql_doctor_server(PGconn *conn, const Target *target);
extern Query sql_doctor_extension(PGconn *conn, const Target *target);
extern Query sql_doctor_library(PGconn *conn, const char *schema);
extern Query sql_doctor_settings(PGconn *conn, const Target *target);
extern Query sql_doctor_connections(PGconn *conn, const Target *target);
extern Query sql_doctor_privileges(PGconn *conn, const Target *target);
extern Query sql_doctor_lock_tables(PGconn *conn);
extern Query sql_doctor_last_statement(int pid);

#endif							/* SQL_DOCTOR_H */
