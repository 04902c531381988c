/*-------------------------------------------------------------------------
 *
 * head_column.c
 *		Split a head column that names several columns.
 *
 * Django keeps a migration as app and name, Liquibase as id, author and
 * filename.  "app.name" and "id::author::filename" name these, and tell at the
 * same time how a head is written on one line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include "shared/head_column.h"

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '$' || (c & 0x80);
}

static bool
is_separator_char(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\'' && !is_name_char(c);
}

/* The length of what passes the test at the start of a text. */
static int
span(const char *text, bool (*passes)(char))
{
	int			len = 0;

	while (text[len] != '\0' && passes(text[len]))
		len++;
	return len;
}

static char *
copy_part(const char *text, int len)
{
	char	   *copy = palloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void
free_head_column_parts(HeadColumn *columns, int ncolumns)
{
	for (int i = 0; i < ncolumns; i++)
	{
		pfree(columns[i].name);
		pfree(columns[i].separator);
	}
}

/*
 * Returns the number of columns, 1 if the text is anything but names with
 * separators of printable ASCII between them.  A column may have such a name
 * itself, so the text as a whole is to be looked for first.
 */
int
split_head_column(const char *text, HeadColumn **columns)
{
	const char *rest = text;
	int			ncolumns = 0;
	int			separator_len = 0;

	*columns = palloc((strlen(text) + 1) * sizeof(HeadColumn));
	for (;;)
	{
		int			name_len = span(rest + separator_len, is_name_char);

		if (name_len == 0)
			break;
		(*columns)[ncolumns].separator = copy_part(rest, separator_len);
		(*columns)[ncolumns++].name = copy_part(rest + separator_len, name_len);
		rest += separator_len + name_len;
		separator_len = span(rest, is_separator_char);
		if (separator_len == 0)
			break;
	}
	if (ncolumns > 0 && *rest == '\0')
		return ncolumns;

	free_head_column_parts(*columns, ncolumns);
	(*columns)[0].separator = copy_part("", 0);
	(*columns)[0].name = copy_part(text, strlen(text));
	return 1;
}
