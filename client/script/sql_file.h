/*-------------------------------------------------------------------------
 *
 * sql_file.h
 *		A file of SQL statements, read and judged before any of them runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_FILE_H
#define SQL_FILE_H

typedef struct SqlStatement
{
	char	   *text;			/* without the semicolon */
	int			first_line;		/* of the text, which may begin with a comment */
} SqlStatement;

typedef struct SqlFile
{
	const char *path;			/* NULL if there is none */
	const char *source;			/* the option or variable that named it */
	SqlStatement *statements;
	int			count;
} SqlFile;

extern const SqlFile *read_sql_file(const char *path, const char *source);
extern _Noreturn void refuse_sql_file(const SqlFile *file, int line, const char *hint,
									  const char *fmt, ...) pg_attribute_printf(4, 5);
extern int	line_of(const SqlStatement *statement, const char *position);

/* sql_check.c */
extern bool is_empty_statement(const char *text);
extern void check_statement(const SqlFile *file, const SqlStatement *statement);

#endif							/* SQL_FILE_H */
