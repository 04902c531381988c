/* modules.c: modules of JavaScript, client/migrations/modules.c and javascript.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "migrations/javascript.h"
#include "migrations/modules.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

void
fuzz_one(char *text, size_t len)
{
	SimpleStringList versions = {NULL, NULL};
	ScriptScanner scanner;
	const char *last = text;
	bool		counts;

	begin_script(&scanner, text);
	for (next_script_token(&scanner);
		 scanner.token.kind != SCRIPT_END && scanner.token.kind != SCRIPT_UNENDED;
		 next_script_token(&scanner))
	{
		MUST(scanner.token.start >= last && scanner.next <= text + len);
		MUST(scanner.token.start + scanner.token.len <= scanner.next && scanner.next > last);
		last = scanner.next;
	}
	if (read_typeorm_module("1700000000000-A.ts", text, &versions, &counts) == NULL)
		MUST(versions.head != NULL);
	read_kysely_module("a.ts", text, &versions, &counts);
	for (const SimpleStringListCell *cell = versions.head; cell; cell = cell->next)
		MUST(strlen(cell->val) >= 13);
}
