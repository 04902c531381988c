/*-------------------------------------------------------------------------
 *
 * table_columns.c
 *		The columns of a head table that a question names.
 *
 * Whether "app.name" is one column or two can only be told from the table, so
 * it is asked about all that could be meant.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "fe_utils/string_utils.h"
#include "lock/plain/table_columns.h"
#include "server/answer.h"
#include "lock/plain/refusal.h"
#include "sql/sql_plain.h"

/* What the server says of the columns, in the order of name_columns(). */
typedef struct Said
{
	char	  **names;			/* as asked for */
	char	  **quoted;			/* "NULL" if there is no such column */
	char	  **padded;			/* "t" or "f" */
	char	  **generated;
	int			nnames;
} Said;

static void
add_names(char **names, int *nnames, const HeadColumns *columns)
{
	for (int i = 0; i < columns->ncolumns; i++)
	{
		int			known = 0;

		while (known < *nnames && strcmp(names[known], columns->names[i]) != 0)
			known++;
		if (known == *nnames)
			names[(*nnames)++] = pg_strdup(columns->names[i]);
	}
}

/*
 * All names of columns that could be meant, each once.
 */
char **
name_columns(const HeadQuestion *question, int *nnames)
{
	HeadColumns whole;
	HeadColumns parts;
	char	  **names;

	plan_head_columns(&whole, question, true);
	plan_head_columns(&parts, question, false);
	names = pg_malloc((whole.ncolumns + parts.ncolumns) * sizeof(char *));
	*nnames = 0;
	add_names(names, nnames, &whole);
	add_names(names, nnames, &parts);
	free_head_columns(&whole);
	free_head_columns(&parts);

	return names;
}

/*
 * An array with so many items; a table that is there has one.
 */
static bool
read_array(const PGresult *table, int column, char ***items, int wanted)
{
	const char *text = answer_text(table, 0, column);
	int			nitems = 0;

	return text != NULL && parsePGArray(text, items, &nitems) && nitems == wanted;
}

static bool
read_said(Said *said, const HeadQuestion *question, const PGresult *table)
{
	said->names = name_columns(question, &said->nnames);
	return read_array(table, TABLE_COLUMNS, &said->quoted, said->nnames) &&
		read_array(table, TABLE_PADDED, &said->padded, said->nnames) &&
		read_array(table, TABLE_GENERATED, &said->generated, said->nnames);
}

static void
free_said(Said *said)
{
	for (int i = 0; i < said->nnames; i++)
		free(said->names[i]);
	free(said->names);
	free(said->quoted);
	free(said->padded);
	free(said->generated);
}

static int
place_of_name(const Said *said, const char *name)
{
	int			place = 0;

	while (strcmp(said->names[place], name) != 0)
		place++;
	return place;
}

static bool
is_missing(const Said *said, const char *name)
{
	return strcmp(said->quoted[place_of_name(said, name)], "NULL") == 0;
}

/*
 * Check one column, in the words of the extension, and add it to the list.
 */
static bool
take_column(TableColumns *found, const Said *said, int i, PQExpBuffer list, const char *table,
			Failure *failure)
{
	const char *name = found->columns.names[i];
	int			place = place_of_name(said, name);

	if (is_missing(said, name))
		set_refusal(failure, "42703", NULL, NULL, NO_COLUMN_TEXT, name, table);
	else if (strcmp(said->generated[place], "t") == 0)
		set_failure(failure, FAILURE_FINAL,
					"Name a column that is not generated, or install the extension, which can read "
					"one that is stored.",
					"column \"%s\" of relation \"%s\" is a generated column", name, table);
	else
	{
		appendPQExpBuffer(list, "%s%s", i > 0 ? ", " : "", said->quoted[place]);
		found->padded[i] = strcmp(said->padded[place], "t") == 0;
		return true;
	}
	return false;
}

/*
 * Find the columns that are to be read in the answer to
 * sql_plain_find_table().
 */
bool
find_columns(TableColumns *found, const HeadQuestion *question, const PGresult *table,
			 Failure *failure)
{
	PQExpBufferData list;
	Said		said = {NULL};
	bool		good = read_said(&said, question, table);

	memset(found, 0, sizeof(*found));
	initPQExpBuffer(&list);
	if (good)
	{
		plan_head_columns(&found->columns, question, !is_missing(&said, question->column));
		found->padded = pg_malloc0(found->columns.ncolumns * sizeof(bool));
	}
	else
		set_answer_failure(failure, "it does not tell of each column of the head table");
	for (int i = 0; good && i < found->columns.ncolumns; i++)
		good = take_column(found, &said, i, &list, answer_text(table, 0, TABLE_RELNAME), failure);
	found->list = list.data;
	free_said(&said);

	return good;
}

void
free_table_columns(TableColumns *found)
{
	free_head_columns(&found->columns);
	free(found->padded);
	free(found->list);
}
