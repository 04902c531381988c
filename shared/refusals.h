/*-------------------------------------------------------------------------
 *
 * refusals.h
 *		What is wrong with a head table, in the words of whoever looks at it.
 *
 * The client looks in place of the extension where there is none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_REFUSALS_H
#define GW_BOOTSTRAP_REFUSALS_H

/* Where a table is read as a whole.  No tool has a hundredth of it. */
#define MAX_ROWS_READ 100000

/* 42809 */
#define NOT_PLAIN_TEXT "\"%s\" is not a plain table"
#define NOT_PLAIN_HINT \
	"Name the table in which the migration tool keeps its heads; views, partitioned tables and" \
	" foreign tables are not read."
#define TEMPORARY_DETAIL "It is a temporary table, which only one session sees."
#define TEMPORARY_HINT \
	"Name the table in which the migration tool keeps its heads, with its schema."
#define INHERITED_DETAIL "Other tables inherit from it."
#define INHERITED_HINT "Name the table in which the migration tool keeps its heads."

/* 0A000 */
#define ROW_SECURITY_TEXT "row security of table \"%s\" applies to role \"%s\""
#define ROW_SECURITY_HINT \
	"Disable row security on the head table, or connect as its owner or as a role with BYPASSRLS."

/* 42703 */
#define NO_COLUMN_TEXT "column \"%s\" of relation \"%s\" does not exist"

/* 54000 */
#define TOO_MANY_ROWS_TEXT "table \"%s\" has more than %d rows"
#define TOO_MANY_ROWS_HINT INHERITED_HINT

/* 22P02 */
#define NO_BOOLEAN_TEXT "a value of column \"%s\" is neither true nor false"
#define NO_BOOLEAN_HINT "Compare its text in the condition, by: in ('...')."

#endif							/* GW_BOOTSTRAP_REFUSALS_H */
