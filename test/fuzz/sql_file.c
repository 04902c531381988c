/* sql_file.c: --migrate-sql and --post-sql, client/script/ */
#include "postgres_fe.h"

/* The real one, to come at it without a file. */
#include "script/sql_file.c"

#include "fuzz.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

/* Lines that are empty, at the end, come and go. */
static bool
is_same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return a[strspn(a, "\n")] == '\0' && b[strspn(b, "\n")] == '\0';
}

/*
 * Each statement is one statement when it is read by itself, and stands in a
 * line that there is.
 */
void
fuzz_one(char *text, size_t len)
{
	SqlFile		file = {.path = "migrate.sql", .source = "--migrate-sql"};
	int			lines = 1;

	check_operators(&file, text);
	split(&file, text);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	for (int i = 0; i < file.count; i++)
	{
		SqlFile		one = {.path = "statement", .source = "--migrate-sql"};
		const SqlStatement *statement = &file.statements[i];

		MUST(statement->first_line >= 1 && statement->first_line <= lines);
		MUST(i == 0 || statement->first_line >= file.statements[i - 1].first_line);
		split(&one, statement->text);
		MUST(one.count == 1);
		MUST(is_same(one.statements[0].text, statement->text));
	}
}
