/* head_list.c: --expect-heads-from, client/migrations/migration_set.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "migrations/migration_set.h"
#include "pqexpbuffer.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

/*
 * A list that is written anew says the same.
 */
void
fuzz_one(char *text, size_t len)
{
	MigrationSet set;
	MigrationSet again;
	PQExpBufferData list;
	SimpleStringListCell *other;

	fuzz_file("list", text, len);
	read_migration_set(&set, ":list", NULL, "--expect-heads-from");
	MUST(set.expected.head != NULL);
	initPQExpBuffer(&list);
	for (SimpleStringListCell *cell = set.expected.head; cell; cell = cell->next)
		appendPQExpBuffer(&list, "%s\r\n", cell->val);
	fuzz_file("list", list.data, list.len);
	read_migration_set(&again, ":list", NULL, "--expect-heads-from");
	other = again.expected.head;
	for (SimpleStringListCell *cell = set.expected.head; cell; cell = cell->next)
	{
		MUST(other != NULL && strcmp(cell->val, other->val) == 0);
		other = other->next;
	}
	MUST(other == NULL);
}
