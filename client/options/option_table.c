/*-------------------------------------------------------------------------
 *
 * option_table.c
 *		Every option, one row each.
 *
 * test/docs-complete reads this file: a row begins with a tab, a brace and
 * the name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "options/option_table.h"

#define FIELD(name) offsetof(Options, name)

/* clang-format off */
const Option option_table[] = {
	{"dbname", 'd', OPTION_URL, FIELD(dbname), {"GW_BOOTSTRAP_DATABASE_URL", "DATABASE_URL"},
		"CONNINFO",
		"database, as URI or key=value pairs; postgresql+DRIVER://\n"
		"is read as SQLAlchemy does"},
	{"expect-head", 'e', OPTION_HEADS, FIELD(target.expected_heads), {"GW_BOOTSTRAP_EXPECT_HEAD"},
		"REV",
		"head revision that this replica needs (repeat for\n"
		"several heads; the variable has them comma-separated)"},
	{"expect-heads-from", 0, OPTION_LIST, FIELD(migrations), {"GW_BOOTSTRAP_EXPECT_HEADS_FROM"},
		"FILE",
		"the same, one a line, as \"gw_bootstrap heads\" prints\n"
		"them; \"-\" is stdin"},
	{"migrations", 0, OPTION_TEXT, FIELD(migrations), {"GW_BOOTSTRAP_MIGRATIONS"},
		"TOOL:PATH",
		"take the heads from the migrations of that tool: its\n"
		"folder, or a file with the list; \"help\" lists the tools"},
	{"alembic", 0, OPTION_ALEMBIC, FIELD(migrations), {"GW_BOOTSTRAP_ALEMBIC"}, "PATH",
		"the same for Alembic, without Python: an alembic.ini,\n"
		"pyproject.toml, script directory or folder of versions"},
	{"allow-ahead", 0, OPTION_BOOL, FIELD(allow_ahead), {"GW_BOOTSTRAP_ALLOW_AHEAD"}, NULL,
		"start although the database is at a revision that\n"
		"this replica does not have",
		GUARDS_COMMAND},
	{"migrate", 0, OPTION_SHELL, FIELD(migrate), {"GW_BOOTSTRAP_MIGRATE"}, "COMMAND",
		"shell command that migrates, run under the lock; without\n"
		"a shell if it is a JSON array: [\"alembic\", \"upgrade\",\n"
		"\"head\"]",
		GUARDS_COMMAND},
	{"migrate-sql", 0, OPTION_PATH, FIELD(migrate_sql), {"GW_BOOTSTRAP_MIGRATE_SQL"}, "FILE",
		"SQL statements that migrate instead, in one transaction\n"
		"that is the lock: it takes one connection in all",
		GUARDS_COMMAND},
	{"migration-url", 0, OPTION_URL, FIELD(migration_url),
		{"GW_BOOTSTRAP_MIGRATION_URL", "MIGRATION_DATABASE_URL"}, "CONNINFO",
		"what the migration command gets as DATABASE_URL, for\n"
		"instance a way past the pooler (default: --dbname)"},
	{"post", 0, OPTION_SHELL, FIELD(post), {"GW_BOOTSTRAP_POST"}, "COMMAND",
		"shell command, or JSON array, for idempotent steps, run\n"
		"at every start once the database is at head",
		GUARDS_COMMAND},
	{"post-sql", 0, OPTION_PATH, FIELD(post_sql), {"GW_BOOTSTRAP_POST_SQL"}, "FILE",
		"SQL statements, run before that in a transaction of\n"
		"their own",
		GUARDS_COMMAND},
	{"post-in-turn", 0, OPTION_BOOL, FIELD(post_in_turn), {"GW_BOOTSTRAP_POST_IN_TURN"}, NULL,
		"run both one replica at a time, under a lock of their own;\n"
		"beside it --post needs a pool of two or more",
		GUARDS_COMMAND},
	{"skip-migrations", 0, OPTION_BOOL, FIELD(skip_migrations),
		{"GW_BOOTSTRAP_SKIP_MIGRATIONS", "MCPGATEWAY_SKIP_MIGRATIONS"}, NULL,
		"somebody else migrates: never take the lock, wait until\n"
		"at head or fail",
		GUARDS_COMMAND},
	{"break-orphans", 0, OPTION_BOOL, FIELD(break_orphans), {"GW_BOOTSTRAP_BREAK_ORPHANS"}, NULL,
		"end a lock that a dead client left on a pooled backend;\n"
		"only if no older replica is migrating any more"},
	{"timeout", 0, OPTION_SECONDS, FIELD(timeout), {"GW_BOOTSTRAP_TIMEOUT"}, "SECONDS",
		"deadline for everything before COMMAND (default 600);\n"
		"0 looks once, which is the default of check and status\n"
		"and with --skip-migrations; post steps then have 600 s"},
	{"head-table", 0, OPTION_TEXT, FIELD(target.head_table), {"GW_BOOTSTRAP_HEAD_TABLE"}, "NAME",
		"table that holds the heads (default alembic_version, or\n"
		"that of the tool)"},
	{"head-column", 0, OPTION_TEXT, FIELD(target.head_column), {"GW_BOOTSTRAP_HEAD_COLUMN"}, "NAME",
		"its column, taken literally (default version_num), or\n"
		"several with what joins them: app.name, id::author"},
	{"head-rule", 0, OPTION_WORD, FIELD(target.head_rule), {"GW_BOOTSTRAP_HEAD_RULE"}, "RULE",
		"equal (default: the rows are the heads), contain (one row\n"
		"a migration) or latest (the greatest row)",
		.words = "equal, contain or latest"},
	{"head-order", 0, OPTION_WORD, FIELD(target.head_order), {"GW_BOOTSTRAP_HEAD_ORDER"}, "ORDER",
		"which other rows are ahead: known (default), numeric,\n"
		"bytes, dotted or none",
		.words = "known, numeric, bytes, dotted or none"},
	{"head-condition", 0, OPTION_TEXT, FIELD(target.head_condition),
		{"GW_BOOTSTRAP_HEAD_CONDITION"},
		"CLAUSES",
		"which rows count, and which tell of a failed migration"},
	{"lock-key", 0, OPTION_BIGINT, FIELD(target.lock_key), {"GW_BOOTSTRAP_LOCK_KEY"}, "KEY",
		"bigint advisory lock key (default 42424242424242)"},
	{"create-extension", 0, OPTION_BOOL, FIELD(create_extension),
		{"GW_BOOTSTRAP_CREATE_EXTENSION"}, NULL,
		"create the extension if it is not installed",
		GUARDS_COMMAND},
	{"require-extension", 0, OPTION_BOOL, FIELD(require_extension),
		{"GW_BOOTSTRAP_REQUIRE_EXTENSION"}, NULL,
		"fail without it (default: do the same in plain SQL)",
		GUARDS_COMMAND},
	{"require-fence", 0, OPTION_BOOL, FIELD(require_fence), {"GW_BOOTSTRAP_REQUIRE_FENCE"}, NULL,
		"never migrate by a command whose role is not fenced"},
	{"log-format", 0, OPTION_WORD, FIELD(log_format), {"GW_BOOTSTRAP_LOG_FORMAT"}, "FORMAT",
		"text (default) or json, one object a line",
		.words = "text or json"},
	{"json", 0, OPTION_SWITCH, FIELD(json), {NULL}, NULL,
		"status: print one JSON object"},
	{"quiet", 'q', OPTION_SWITCH, FIELD(quiet), {NULL}, NULL,
		"only warnings and errors"},
	{"verbose", 'v', OPTION_SWITCH, FIELD(verbose), {NULL}, NULL,
		"say more"},
	{"version", 'V', OPTION_SWITCH, 0, {NULL}, NULL,
		"output version information, then exit",
		.tell = print_version},
	{"help", '?', OPTION_SWITCH, 0, {NULL}, NULL,
		"show this help, then exit",
		.tell = print_help},
};
/* clang-format on */

const int	option_count = lengthof(option_table);
