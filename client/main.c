/*-------------------------------------------------------------------------
 *
 * main.c
 *		gw_bootstrap: bring a database to the head of its migrations, exactly
 *		once, before a replica of a service starts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wait.h"
#include "command/environment.h"
#include "options/options.h"
#include "run/run.h"

/*
 * A connection must not get the number of a standard stream that was closed:
 * messages would go to the server.
 */
static void
open_standard_streams(void)
{
	int			fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

/*
 * "gw_bootstrap heads": what the other commands would expect.
 */
static ExitCode
print_heads(const Options *options)
{
	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
		puts(cell->val);
	return fflush(stdout) == 0 ? EXIT_READY : EXIT_STEP_FAILED;
}

int
main(int argc, char *argv[])
{
	Options		options;

	open_standard_streams();
	log_init(argv[0]);
	parse_options(argc, argv, &options);
	hide_session_settings();
	start_waiting();

	switch (options.mode)
	{
		case MODE_RUN:
			return run(&options);
		case MODE_CHECK:
			return check(&options);
		case MODE_DOCTOR:
			return doctor(&options);
		case MODE_STATUS:
			return status(&options);
		case MODE_HEADS:
			return print_heads(&options);
	}
	return EXIT_USAGE;
}
