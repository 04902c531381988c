/*-------------------------------------------------------------------------
 *
 * tool_locks.c
 *		The advisory locks of other migration tools.
 *
 * Each key was read in the file that is named beside it.  Ecto's is a hash of
 * Erlang terms, Liquibase has a table instead: they are not known here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/tool_locks.h"

/* rails: activerecord/lib/active_record/migration.rb, MIGRATOR_SALT */
#define RAILS_SALT INT64CONST(2053462845)

/* launchbadge/sqlx: sqlx-postgres/src/migrate.rs, generate_lock_id() */
#define SQLX_SALT INT64CONST(0x3d32ad9e)

/* golang-migrate/migrate: database/util.go, advisoryLockIDSalt */
#define GOLANG_MIGRATE_SALT 1486364155U

/*
 * flyway: PostgreSQLAdvisoryLockTemplate.java, LOCK_MAGIC_NUM.  It adds a hash
 * of the name of its table, which is an int of Java.
 */
#define FLYWAY_MAGIC INT64CONST(0x466C79776179)

static const struct
{
	int64		key;
	const char *tool;
} tools[] = {
	/* pressly/goose: lock/session_locker_options.go, DefaultLockID */
	{INT64CONST(5887940537704921958), "goose"},
	/* salsita/node-pg-migrate: src/runner.ts, PG_MIGRATE_LOCK_ID */
	{INT64CONST(7241865325823964), "node-pg-migrate"},
	/* jackc/tern: migrate/migrate.go, lockNum */
	{INT64CONST(9628173550095224), "tern"},
	/* prisma/prisma-engines: sql-schema-connector, src/flavour/postgres.rs */
	{INT64CONST(72707369), "Prisma Migrate"},
	/* graphile/migrate: src/pgReal.ts, ADVISORY_LOCK_MIGRATE */
	{INT64CONST(4727445306447283), "Graphile Migrate"},
	/* kysely-org/kysely: src/dialect/postgres/postgres-adapter.ts, LOCK_ID */
	{INT64CONST(3853314791062309107), "Kysely"},
	/* ThomWright/postgres-migrations: src/with-lock.ts */
	{INT64CONST(-8525285245963000605), "postgres-migrations"},

	/*
	 * ariga/atlas: the FNV-1 hash (sql/postgres/driver_oss.go) of
	 * applyLockValue (cmd/atlas/internal/cmdapi/migrate.go)
	 */
	{INT64CONST(2686470616), "Atlas"},
	/* goauthentik/authentik: lifecycle/migrate.py, ADV_LOCK_UID */
	{INT64CONST(1000), "authentik"},
};

/*
 * CRC-32 as of zlib; PostgreSQL has it in the backend alone.
 */
static uint32
crc32(const char *text, size_t length)
{
	uint32		crc = 0xFFFFFFFF;

	for (size_t i = 0; i < length; i++)
	{
		crc ^= (unsigned char) text[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320 : 0);
	}
	return ~crc;
}

/*
 * golang-migrate's, for its default table.
 */
static bool
is_golang_migrate(int64 key, const char *dbname, const char *schema)
{
	char		names[512];
	int			length;

	length = snprintf(names, sizeof(names), "%s%cschema_migrations%c%s", schema, 0, 0, dbname);
	return length < (int) sizeof(names) && key == (int64) (crc32(names, length) * GOLANG_MIGRATE_SALT);
}

/*
 * Whose lock that is in the database of that name, with tables in that schema;
 * NULL if it is not known.
 */
const char *
tool_of_lock(int64 key, const char *dbname, const char *schema)
{
	uint32		crc = crc32(dbname, strlen(dbname));

	for (int i = 0; i < lengthof(tools); i++)
	{
		if (tools[i].key == key)
			return tools[i].tool;
	}
	if (key == RAILS_SALT * (int64) crc)
		return "Rails";
	if (key == SQLX_SALT * (int64) crc)
		return "sqlx";
	if (is_golang_migrate(key, dbname, schema))
		return "golang-migrate";
	return key >= FLYWAY_MAGIC + PG_INT32_MIN && key <= FLYWAY_MAGIC + PG_INT32_MAX ? "Flyway" : NULL;
}
