/*-------------------------------------------------------------------------
 *
 * migration_tool.c
 *		What differs between migration tools: one row each.
 *
 * To add a tool, add a row, and a case in test/t/133_names.pl and in the
 * tables of sql/tools.sql.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/alembic/alembic.h"
#include "migrations/migration_tool.h"
#include "pqexpbuffer.h"

#define VERSION "\\1"

/* clang-format off */
const MigrationTool migration_tools[] = {
	{"alembic", "Alembic", "alembic_version", "version_num", "equal", "known", NULL,
		.read = read_alembic},
	{"atlas", "Atlas", "atlas_schema_revisions.atlas_schema_revisions", "version", "contain",
		"bytes",
		/* it looks at the last row alone, and mends no other */
		"count: version not starts '.' and version not in (" ASIDE "); unfinished: applied <> total;"
		" covers: type in ('1', '3', '5', '7'); covers: version in (" ASIDE ")",
		.rule = {"^([^._][^_]*)(_.*)?\\.sql$", NULL, VERSION, .aside = "-- atlas:checkpoint"},
		.repair = "mend the file and run \"atlas migrate apply\" again, or \"atlas migrate set\" with a later version",
		.locks = {{LOCK_KEY, 2686470616}}},
	{"dbmate", "dbmate", "schema_migrations", "version", "contain", "numeric", NULL,
		.rule = {"^([0-9]+).*\\.sql$", NULL, VERSION, .flags = ONCE}},
	{"diesel", "Diesel", "__diesel_schema_migrations", "version", "contain", "bytes", NULL,
		.rule = {"^([^._][^_]*)(_.*)?$", NULL, VERSION, .inside = "up.sql",
		.flags = WITHOUT_DASHES | ONCE}},
	{"django", "Django", "django_migrations", "app.name", "contain", "none", NULL},
	{"drizzle", "Drizzle 1.0", "drizzle.__drizzle_migrations", "name", "contain", "bytes",
		"count: name is not null",
		.rule = {"^([0-9]{14}_.*)$", NULL, VERSION, .inside = "migration.sql"}},
	{"drizzle-0", "Drizzle before 1.0", "drizzle.__drizzle_migrations", "created_at", "latest",
		"numeric", NULL,
		.rule = {"\"when\"[[:space:]]*:[[:space:]]*([0-9]+)", NULL, VERSION,
		.lines_of = "meta/_journal.json", .flags = AS_NUMBER}},
	{"ecto", "Ecto", "schema_migrations", "version", "contain", "numeric", NULL,
		.rule = {"^([0-9]+)_.*\\.exs$", NULL, VERSION, .flags = NAMES_BELOW | AS_NUMBER}},
	{"efcore", "EF Core", "\"__EFMigrationsHistory\"", "MigrationId", "contain", "bytes", NULL,
		.rule = {"^([0-9]{14}_.*)\\.Designer\\.cs$", NULL, VERSION, .flags = MAYBE_BELOW}},
	{"flyway", "Flyway", "flyway_schema_history", "version", "contain", "dotted",
		"count: success and version is not null and type not in ('BASELINE');"
		" undone: success and type starts 'UNDO'; undone: success and type starts 'DELETE';"
		" failed: not success;"
		" covers: success and type in ('BASELINE', 'SQL_BASELINE', 'JDBC_BASELINE')",
		.rule = {"^V([0-9]+([._][0-9]+)*)(__.*)?\\.sql$", NULL, VERSION,
		.flags = NAMES_BELOW | AS_DOTTED},
		.repair = "mend the database by hand, then run \"flyway repair\"",
		.locks = {{LOCK_PLUS_HASH, 0x466C79776179}}},
	{"golang-migrate", "golang-migrate", "schema_migrations", "version", "latest", "numeric",
		"failed: dirty",
		.rule = {"^([0-9]+)_(.*)\\.up\\.(.*)$", NULL, VERSION, .flags = AS_NUMBER},
		.repair = "mend the database by hand, then run \"migrate force VERSION\"",
		.locks = {{LOCK_TIMES_NAMES, 1486364155}},
		.row = {"schema_lock", NULL, "run DELETE FROM %s"}},
	{"goose", "goose", "goose_db_version", "version_id", "contain", "numeric", "count: is_applied; undone: not is_applied",
		.rule = {"^([0-9]+)_.*\\.(sql|go)$", "_test\\.go$|^0+_", VERSION, .flags = AS_NUMBER},
		/* CRC-32 of its name; before v3.26.0 another hash of it */
		.locks = {{LOCK_KEY, 4097083626}, {LOCK_KEY, 5887940537704921958}},
		.row = {"goose_lock", "locked", "run UPDATE %s SET locked = false"}},
	{"graphile-migrate", "Graphile Migrate", "graphile_migrate.migrations", "filename", "latest",
		"bytes", NULL,
		.rule = {"^([0-9]+)(-[-_a-zA-Z0-9]*)?\\.sql$", NULL, VERSION ".sql"},
		.locks = {{LOCK_KEY, 4727445306447283}}},
	{"knex", "knex", "knex_migrations", "name", "contain", "bytes", NULL,
		.rule = {"^(.*\\.(co|coffee|eg|iced|js|cjs|litcoffee|ls|ts))$", NULL, VERSION,
		.maybe = "^[0-9].*\\.(mjs|mts|cts)$"},
		.row = {"knex_migrations_lock", "is_locked", "run \"knex migrate:unlock\"", true}},
	{"kysely", "Kysely", "kysely_migration", "name", "contain", "bytes", NULL,
		.rule = {"^(.+)\\.[cm]?[jt]s$", "\\.d\\.[cm]?ts$", VERSION,
		.module = read_kysely_module},
		.locks = {{LOCK_KEY, 3853314791062309107}},
		.row = {"kysely_migration_lock", "is_locked",
		"run UPDATE %s SET is_locked = 0"}},
	{"liquibase", "Liquibase", "databasechangelog", "id::author::filename", "contain", "none",
		"count: exectype in ('EXECUTED', 'RERAN', 'MARK_RAN'); failed: exectype in ('FAILED')",
		.repair = "mend the changeset and run \"liquibase update\" again",
		.row = {"databasechangeloglock", "locked", "run \"liquibase release-locks\""}},
	{"node-pg-migrate", "node-pg-migrate", "pgmigrations", "name", "contain", "numeric", NULL,
		.rule = {"^([^.].*)\\.up\\.sql$|^([^.].*)\\.[^.]+$", "\\.down\\.sql$", "\\1\\2",
		.flags = MAYBE_BELOW},
		.locks = {{LOCK_KEY, 7241865325823964}}},
	{"prisma", "Prisma Migrate", "_prisma_migrations", "migration_name", "contain", "bytes",
		"count: finished_at is not null and rolled_back_at is null;"
		" failed: finished_at is null and rolled_back_at is null",
		.rule = {"^([^.].*)$", NULL, VERSION, .inside = "migration.sql"},
		.repair = "mend the database by hand, then run \"prisma migrate resolve\"",
		.locks = {{LOCK_KEY, 72707369}}},
	{"rails", "Rails", "schema_migrations", "version", "contain", "numeric", NULL,
		.rule = {"^([0-9]+)_[_a-z0-9]*\\.?[_a-z0-9]*\\.rb$", NULL, VERSION,
		.flags = NAMES_BELOW | AS_NUMBER},
		.locks = {{LOCK_TIMES_DATABASE, 2053462845}}},
	{"refinery", "refinery", "refinery_schema_history", "version", "contain", "numeric", NULL,
		.rule = {"^[UV]([0-9]+)(\\.[0-9]+)?__[^][:space:][\\!-/:-@^`{-~]+\\.(rs|sql)$", NULL, VERSION,
		.flags = NAMES_BELOW | AS_NUMBER}},
	{"sequelize", "Sequelize", "\"SequelizeMeta\"", "name", "contain", "bytes", NULL,
		.rule = {"^(.*\\.(cjs|js|cts|ts))$", "\\.d\\.ts$", VERSION,
		.maybe = "^[0-9].*\\.(mjs|mts)$", .flags = MAYBE_BELOW}},
	{"sqitch", "Sqitch", "sqitch.changes", "project:change", "contain", "none", NULL,
		.rule = {"^[[:blank:]]*[+]?[[:blank:]]*([^][:space:]%@:#[][^][:space:]@:#[]*)", NULL, VERSION,
		.lines_of = "sqitch.plan",
		.owner = "^[[:blank:]]*%[[:blank:]]*project[[:blank:]]*=[[:blank:]]*([^[:space:]#]+)"},
		.locks = {{LOCK_KEY, 75474063}}},
	{"sqlx", "sqlx", "_sqlx_migrations", "version", "contain", "numeric",
		"count: success; failed: not success",
		.rule = {"^([0-9]+)_.*\\.sql$", "\\.down\\.sql$", VERSION, .flags = AS_NUMBER},
		.repair = "mend the database by hand, and delete the row from _sqlx_migrations",
		.locks = {{LOCK_TIMES_DATABASE, 0x3d32ad9e}}},
	{"tern", "tern", "public.schema_version", "version", "latest", "numeric", NULL,
		.rule = {"^([0-9]+)_.+\\.sql$", NULL, VERSION, .flags = AS_NUMBER | WITHOUT_GAPS},
		.locks = {{LOCK_KEY, 9628173550095224}}},
	{"typeorm", "TypeORM", "migrations", "name", "contain", "none", NULL,
		.rule = {"^[^.].*\\.[cm]?[jt]s$", "\\.d\\.[cm]?ts$", VERSION,
		.module = read_typeorm_module, .flags = MAYBE_BELOW}},
	{"yoyo", "yoyo", "_yoyo_migration", "migration_id", "contain", "bytes", NULL,
		.rule = {"^([^.].*)\\.(py|sql)$", "\\.rollback\\.sql$|^post-apply", VERSION},
		.row = {"yoyo_lock", NULL, "run \"yoyo break-lock\""}},

	/* Known by their locks alone. */
	{NULL, "authentik", .locks = {{LOCK_KEY, 1000}}},
	{NULL, "postgres-migrations", .locks = {{LOCK_KEY, -8525285245963000605}}},
	{NULL, "reshape", .locks = {{LOCK_KEY, 4036779288569897133}}},
	{NULL}};
/* clang-format on */

const MigrationTool *
find_migration_tool(const char *name)
{
	for (const MigrationTool *tool = migration_tools; tool->title; tool++)
	{
		if (tool->name && strcmp(tool->name, name) == 0)
			return tool;
	}
	return NULL;
}

/*
 * For whoever has mistyped one.
 */
char *
migration_tool_names(void)
{
	PQExpBufferData names;

	initPQExpBuffer(&names);
	for (const MigrationTool *tool = migration_tools; tool->title; tool++)
	{
		if (tool->name)
			appendPQExpBuffer(&names, "%s%s", names.len > 0 ? ", " : "", tool->name);
	}
	return names.data;
}

/*
 * What --migrations=help prints.
 */
void
list_migration_tools(void)
{
	printf("%-17s %-55s %-8s %s\n", "TOOL", "head table (column)", "rule", "PATH");
	for (const MigrationTool *tool = migration_tools; tool->title; tool++)
	{
		char	   *table;

		if (tool->name == NULL)
			continue;
		table = psprintf("%s (%s)", tool->head_table, tool->head_column);
		printf("%-17s %-55s %-8s %s\n", tool->name, table, tool->head_rule,
			   tool->rule.names || tool->read ? "folder or list" : "list");
		free(table);
	}
}
