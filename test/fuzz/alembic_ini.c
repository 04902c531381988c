/* alembic_ini.c: alembic.ini, client/migrations/alembic/alembic_config.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "migrations/alembic/alembic.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

void
fuzz_one(char *text, size_t len)
{
	AlembicConfig config = {.path = "alembic.ini"};

	alembic_named_by = "--alembic";
	read_alembic_config(&config, text, len);
	for (SimpleStringListCell *cell = config.version_locations.head; cell; cell = cell->next)
		MUST(cell->val[0] != '\0' && !isspace((unsigned char) cell->val[0]));
}
