/* alembic_toml.c: pyproject.toml, client/migrations/alembic/alembic_config.c and alembic_toml.c */
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
	AlembicConfig config = {.path = "pyproject.toml", .is_toml = true};

	alembic_named_by = "--alembic";
	read_alembic_config(&config, text, len);
}
