/*-------------------------------------------------------------------------
 *
 * sql_steps.h
 *		What is asked for files of SQL, and for post steps.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_STEPS_H
#define SQL_STEPS_H

#include "libpq-fe.h"
#include "options/target.h"
#include "sql/query.h"

extern Query sql_begin(PGconn *conn);
extern Query sql_begin_turn(PGconn *conn, const Target *target);
extern Query sql_begin_script(void);
extern Query sql_limit_time(int64 left);
extern Query sql_restore_names(PGconn *conn, const char *search_path, const char *role);
extern Query sql_back_to_end_of_script(void);

#endif							/* SQL_STEPS_H */
