/*-------------------------------------------------------------------------
 *
 * table_columns.h
 *		The columns of a head table that a question names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TABLE_COLUMNS_H
#define TABLE_COLUMNS_H

#include "fe_utils/simple_list.h"
#include "libpq-fe.h"
#include "server/failure.h"
#include "shared/head_row.h"

typedef struct TableColumns
{
	HeadColumns columns;		/* those to be read */
	bool	   *padded;			/* blanks at the end of one mean nothing */
	char	   *list;			/* of them, quoted */
} TableColumns;

extern char **name_columns(const HeadQuestion *question, int *nnames);
extern bool find_columns(TableColumns *found, const HeadQuestion *question, const PGresult *table,
						 Failure *failure);
extern void free_table_columns(TableColumns *found);

#endif							/* TABLE_COLUMNS_H */
