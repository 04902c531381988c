/* alembic_set.c: a folder of up to four revision files, client/migrations/alembic/ */
#include "postgres_fe.h"

#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "migrations/alembic/alembic.h"

const bool	fuzz_frees_all = false;

static const char *const names[] = {
	"versions/a.py", "versions/b.py", "versions/0c.py", "versions/d.py"};

void
fuzz_prepare(void)
{
	if (mkdir("versions", 0700) != 0)
		abort();
}

/*
 * A form feed is between the files.  Whatever is read has a head.
 */
void
fuzz_one(char *text, size_t len)
{
	SimpleStringList heads = {NULL, NULL};
	SimpleStringList revisions = {NULL, NULL};

	for (int i = 0; i < lengthof(names); i++)
	{
		char	   *part = take_part(&text, '\f');

		if (part)
			fuzz_file(names[i], part, strlen(part));
		else
			unlink(names[i]);
	}
	read_alembic("versions", "--alembic", &heads, &revisions);
	MUST(heads.head != NULL);
	for (SimpleStringListCell *cell = heads.head; cell; cell = cell->next)
		MUST(simple_string_list_member(&revisions, cell->val));
}
