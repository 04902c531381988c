/* head_column.c: --head-column, shared/head_column.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "pqexpbuffer.h"
#include "shared/head_column.h"

const bool	fuzz_frees_all = true;

void
fuzz_prepare(void)
{
}

/*
 * The parts make the whole again.
 */
void
fuzz_one(char *text, size_t len)
{
	HeadColumn *columns;
	int			count = split_head_column(text, &columns);
	PQExpBufferData joined;

	MUST(count > 0);
	initPQExpBuffer(&joined);
	for (int i = 0; i < count; i++)
	{
		MUST((*columns[i].separator == '\0') == (i == 0));
		MUST(count == 1 || *columns[i].name != '\0');
		appendPQExpBuffer(&joined, "%s%s", columns[i].separator, columns[i].name);
	}
	MUST(strcmp(joined.data, text) == 0);
	termPQExpBuffer(&joined);
	free_head_column_parts(columns, count);
	pfree(columns);
}
