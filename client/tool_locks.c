/*-------------------------------------------------------------------------
 *
 * tool_locks.c
 *		The advisory locks of other migration tools.
 *
 * Tools whose keys depend on more than the name of the database, as those of
 * golang-migrate and Flyway do, are not known here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "tool_locks.h"

/* Of Active Record: lib/active_record/migration.rb, MIGRATOR_SALT. */
#define RAILS_SALT INT64CONST(2053462845)

static const struct
{
	int64		key;
	const char *tool;
} tools[] = {
	/* pressly/goose: lock/session_locker_options.go, DefaultLockID */
	{INT64CONST(5887940537704921958), "goose"},
	/* node-pg-migrate: src/runner.ts, PG_MIGRATE_LOCK_ID */
	{INT64CONST(7241865325823964), "node-pg-migrate"},
	/* jackc/tern: migrate/migrate.go, lockNum */
	{INT64CONST(9628173550095224), "tern"},
	/* prisma-engines: the PostgreSQL flavour of the schema engine */
	{INT64CONST(72707369), "Prisma Migrate"},
};

/*
 * CRC-32 as of zlib; PostgreSQL has it in the backend alone.
 */
static uint32
crc32(const char *text)
{
	uint32		crc = 0xFFFFFFFF;

	for (; *text; text++)
	{
		crc ^= (unsigned char) *text;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320 : 0);
	}
	return ~crc;
}

/*
 * Whose lock that is in the database of that name; NULL if it is not known.
 */
const char *
tool_of_lock(int64 key, const char *dbname)
{
	for (int i = 0; i < lengthof(tools); i++)
	{
		if (tools[i].key == key)
			return tools[i].tool;
	}
	return key == RAILS_SALT * (int64) crc32(dbname) ? "Rails" : NULL;
}
