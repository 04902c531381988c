/*-------------------------------------------------------------------------
 *
 * sql_plain.h
 *		The SQL that does without the extension.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_PLAIN_H
#define SQL_PLAIN_H

#include "libpq-fe.h"
#include "options/target.h"
#include "sql/query.h"

/* The columns of sql_plain_find_table(); one row. */
enum
{
	TABLE_NAME,					/* quoted and qualified; NULL if missing */
	TABLE_RELNAME,				/* for messages */
	TABLE_IS_PLAIN,				/* neither a view nor partitioned nor foreign */
	TABLE_IS_TEMPORARY,
	TABLE_HAS_CHILDREN,
	TABLE_HAS_ROW_SECURITY,		/* that applies to the role */
	TABLE_COLUMNS,				/* arrays: quoted, NULL if missing; */
	TABLE_PADDED,				/* of type character(n); */
	TABLE_GENERATED,			/* and generated */
	TABLE_ROLE,
	TABLE_NAME_SQLSTATE,		/* what is wrong with the name as given, */
	TABLE_NAME_ERROR			/* or NULL; see sql_plain_find_table() */
};

extern Query sql_plain_find_table(PGconn *conn, const Target *target, char **columns, int ncolumns,
								  bool in_guard);
extern Query sql_plain_read(const char *table, const char *columns);
extern Query sql_plain_forget(void);
extern Query sql_plain_begin_and_try(PGconn *conn, const Target *target);
extern Query sql_plain_status(const Target *target);
extern Query sql_plain_break_orphan(const Target *target, const char *pid);

#endif							/* SQL_PLAIN_H */
