/*-------------------------------------------------------------------------
 *
 * main.c
 *		gw_bootstrap: bring a database to the head of its migrations, exactly
 *		once, before a replica of a service starts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/output.h"
#include "base/wait.h"
#include "command/environment.h"
#include "command/watcher.h"
#include "commands.h"
#include "doctor/doctor.h"
#include "guarded/guarded.h"
#include "options/options.h"

/* The commands.  test/docs-complete reads their names here. */
static const Mode modes[] = {
	{"run", do_run, NEEDS_HEADS | NEEDS_DATABASE | MAY_MIGRATE | MAY_START_COMMAND,
	 " [-- COMMAND [ARG]...]",
	 "migrate if nobody else does, or wait; then exec COMMAND"},
	{"check", do_check, NEEDS_HEADS | NEEDS_DATABASE, "",
	 "exit 0 if at head; 5 if not, 6 if ahead, 7 if a migration failed"},
	{"guard", do_guard, NEEDS_DATABASE | USES_MIGRATION_URL | GUARDS_COMMAND | MAY_START_COMMAND,
	 " -- COMMAND [ARG]...",
	 "run COMMAND under the lock, whatever the heads are: to repair"},
	{"status", do_status, NEEDS_DATABASE | USES_MIGRATION_URL | MAY_PRINT_JSON, " [--json]",
	 "print the heads and who has the lock"},
	{"doctor", do_doctor, NEEDS_DATABASE | USES_MIGRATION_URL, "",
	 "find what would break a migration here; exit 5 if anything"},
	{"heads", do_heads, NEEDS_HEADS, "",
	 "print the expected heads"},
	{NULL}};

int
main(int argc, char *argv[])
{
	Options		options;

	open_standard_streams();
	log_init(argv[0]);
	remember_arguments(argc, argv);
	parse_options(argc, argv, modes, &options);
	prepare_options(&options);
	hide_session_settings();
	start_waiting();
	return options.mode->function(&options);
}
