/*-------------------------------------------------------------------------
 *
 * head_column.h
 *		The columns that a head column names, for the extension and the client.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_COLUMN_H
#define GW_BOOTSTRAP_HEAD_COLUMN_H

typedef struct HeadColumn
{
	char	   *name;
	char	   *separator;		/* what stands before it, empty for the first */
} HeadColumn;

extern int	split_head_column(const char *text, HeadColumn **columns);
extern void free_head_column_parts(HeadColumn *columns, int ncolumns);

#endif							/* GW_BOOTSTRAP_HEAD_COLUMN_H */
