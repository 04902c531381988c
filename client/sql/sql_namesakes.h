/*-------------------------------------------------------------------------
 *
 * sql_namesakes.h
 *		The statement that looks for other tables of the head table's name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_NAMESAKES_H
#define SQL_NAMESAKES_H

#include "libpq-fe.h"
#include "options/target.h"
#include "sql/query.h"

extern Query sql_namesakes(PGconn *conn, const Target *target);

#endif							/* SQL_NAMESAKES_H */
