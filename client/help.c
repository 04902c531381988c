/*-------------------------------------------------------------------------
 *
 * help.c
 *		What --help prints.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "options.h"

void
help(void)
{
	printf("gw_bootstrap brings a database to the head of its migrations, exactly once, however\n"
		   "many replicas start.\n\n"
		   "Usage:\n"
		   "  gw_bootstrap run   [OPTION]... [-- COMMAND [ARG]...]\n"
		   "                     migrate if nobody else does, or wait; then exec COMMAND\n"
		   "  gw_bootstrap check [OPTION]...\n"
		   "                     exit 0 if the database is at head, 5 if not\n"
		   "  gw_bootstrap status [OPTION]... [--json]\n"
		   "                     print the heads and who has the lock\n\n"
		   "Options:\n"
		   "  -d, --dbname=CONNINFO        database, as URI or key=value pairs; postgresql+DRIVER://\n"
		   "                               is taken as postgresql://\n"
		   "  -e, --expect-head=REV        head revision that this replica needs (repeat for\n"
		   "                               several heads)\n"
		   "      --migrate=COMMAND        shell command that migrates, run under the lock\n"
		   "      --migration-url=CONNINFO what the migration command gets as DATABASE_URL, for\n"
		   "                               instance a way past the pooler (default: --dbname)\n"
		   "      --post=COMMAND           shell command for idempotent steps, run at every start\n"
		   "                               once the database is at head\n"
		   "      --skip-migrations[=BOOL] somebody else migrates: never take the lock, wait until\n"
		   "                               at head or fail\n"
		   "      --break-orphans[=BOOL]   end a lock that a dead client left on a pooled backend;\n"
		   "                               only if no older replica is migrating any more\n"
		   "      --timeout=SECONDS        deadline for everything before COMMAND (default 600);\n"
		   "                               0 looks once, which is the default of check and status\n"
		   "                               and with --skip-migrations; post steps then have 600 s\n"
		   "      --head-table=NAME        table that holds the heads (default alembic_version)\n"
		   "      --head-column=NAME       its column, taken literally (default version_num)\n"
		   "      --lock-key=KEY           bigint advisory lock key (default 42424242424242)\n"
		   "      --log-format=FORMAT      text (default) or json, one object a line\n"
		   "      --json                   status: print one JSON object\n"
		   "  -q, --quiet                  only warnings and errors\n"
		   "  -v, --verbose                say more\n"
		   "  -V, --version                output version information, then exit\n"
		   "  -?, --help                   show this help, then exit\n\n"
		   "Environment (an option on the command line wins):\n"
		   "  GW_BOOTSTRAP_DATABASE_URL, then DATABASE_URL, then libpq's own (PGHOST, ...)\n"
		   "  GW_BOOTSTRAP_EXPECT_HEAD     comma-separated\n"
		   "  GW_BOOTSTRAP_MIGRATE, GW_BOOTSTRAP_POST, GW_BOOTSTRAP_TIMEOUT,\n"
		   "  GW_BOOTSTRAP_HEAD_TABLE, GW_BOOTSTRAP_HEAD_COLUMN, GW_BOOTSTRAP_LOCK_KEY,\n"
		   "  GW_BOOTSTRAP_LOG_FORMAT, GW_BOOTSTRAP_BREAK_ORPHANS\n"
		   "  GW_BOOTSTRAP_MIGRATION_URL, then MIGRATION_DATABASE_URL\n"
		   "  GW_BOOTSTRAP_SKIP_MIGRATIONS, then MCPGATEWAY_SKIP_MIGRATIONS\n\n"
		   "Exit status:\n"
		   "  0  ready (or the status of COMMAND, which replaces this program)\n"
		   "  1  a migration or post step failed\n"
		   "  2  bad usage\n"
		   "  3  the deadline passed\n"
		   "  4  the database refused or lacks something\n"
		   "  5  the database is not at head\n"
		   "  128 + N  stopped by signal N\n\n"
		   "stdout has one line of run, \"Database ready (...) in ... s\", or the answer of\n"
		   "status; everything else is on stderr.\n");
}
