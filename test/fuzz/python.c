/* python.c: a revision file of Alembic, client/migrations/alembic/python.c and below */
#include "postgres_fe.h"

#include "fuzz.h"
#include "migrations/alembic/python.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

static void
check_literal(const Literal *literal, const char *text, size_t len)
{
	MUST(literal->kind == LITERAL_UNSET || (literal->at >= text && literal->at <= text + len));
	MUST(literal->kind != LITERAL_STRING || literal->string != NULL);
	MUST(literal->kind != LITERAL_UNKNOWN || literal->why != NULL);
	MUST(literal->kind == LITERAL_SEQUENCE || literal->nitems == 0);
	for (int i = 0; i < literal->nitems; i++)
		check_literal(&literal->items[i], text, len);
}

void
fuzz_one(char *text, size_t len)
{
	Literal		variables[VARIABLES] = {{0}};
	const char *error;
	const char *at = NULL;

	error = read_python(text, len, variables, &at);
	if (error != NULL)
		MUST(at >= text && at <= text + len && line_at(text, at) > 0);
	for (int i = 0; i < VARIABLES && error == NULL; i++)
		check_literal(&variables[i], text, len);
}
