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

#include "environment.h"
#include "log.h"
#include "options.h"
#include "run.h"
#include "wait.h"

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
		case MODE_CHECK:
			return check(&options);
		case MODE_STATUS:
			return status(&options);
		case MODE_RUN:
			break;
	}
	return run(&options);
}
