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
#include "options/options.h"

/* The columns of sql_plain_find_table(); one row. */
enum
{
	TABLE_NAME,					/* quoted and qualified; NULL if missing */
	TABLE_RELNAME,				/* for messages */
	TABLE_IS_PLAIN,
	TABLE_HAS_CHILDREN,
	TABLE_HAS_ROW_SECURITY,		/* that applies to the role */
	TABLE_COLUMN,				/* quoted; NULL if missing */
	TABLE_ROLE,
	TABLE_NAME_SQLSTATE,		/* what is wrong with the name as given, */
	TABLE_NAME_ERROR			/* or NULL; see sql_plain_find_table() */
};

extern char *sql_plain_find_table(PGconn *conn, const Options *options, bool in_guard);
extern char *sql_plain_read(PGconn *conn, const char *table, const char *column,
							const Options *options);
extern char *sql_plain_forget(void);
extern char *sql_plain_begin_and_try(PGconn *conn, const Options *options);
extern char *sql_plain_status(PGconn *conn, const Options *options);
extern char *sql_plain_break_orphan(const Options *options, const char *pid);
extern char *sql_plain_create_extension(void);

#endif							/* SQL_PLAIN_H */
