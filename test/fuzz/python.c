/* python.c: a revision file of Alembic, client/migrations/alembic/python.c and below */
#include "postgres_fe.h"

#include "fuzz.h"
#include "migrations/alembic/python.h"

const bool	fuzz_frees_all = false;

/*
 * The tokens of a line are kept for the next file: have room for as many as come.
 */
void
fuzz_prepare(void)
{
	static char line[2 * FUZZ_MOST_LENGTH + 1];
	Literal		variables[VARIABLES] = {{0}};
	int			error_line;

	for (int i = 0; i < FUZZ_MOST_LENGTH; i++)
		memcpy(line + 2 * i, "+a", 2);
	read_python(line, sizeof(line) - 1, variables, &error_line);
}

static void
check_literal(const Literal *literal, int lines)
{
	MUST(literal->line >= 0 && literal->line <= lines);
	MUST(literal->kind != LITERAL_STRING || literal->string != NULL);
	MUST(literal->kind != LITERAL_UNKNOWN || literal->why != NULL);
	MUST(literal->kind == LITERAL_SEQUENCE || literal->nitems == 0);
	for (int i = 0; i < literal->nitems; i++)
		check_literal(&literal->items[i], lines);
}

void
fuzz_one(char *text, size_t len)
{
	Literal		variables[VARIABLES] = {{0}};
	const char *error;
	int			error_line = 0;
	int			lines = 1;

	/* a carriage return alone ends one, too */
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n' || text[i] == '\r';
	error = read_python(text, len, variables, &error_line);
	if (error != NULL)
		MUST(error_line >= 0 && error_line <= lines);
	for (int i = 0; i < VARIABLES && error == NULL; i++)
		check_literal(&variables[i], lines);
}
