/*-------------------------------------------------------------------------
 *
 * output.c
 *		The standard streams, and that what was written on stdout has to arrive.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/output.h"

static bool is_closed;			/* stdout was, when we were started */

/*
 * A connection must not get the number of a standard stream that was closed:
 * messages would go to the server.
 */
void
open_standard_streams(void)
{
	int			fd;

	is_closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

/*
 * Whether all that was printed could be written; if not, that is logged.
 */
bool
output_arrived(void)
{
	/* of an earlier one only the fact is known */
	bool		failed_before = ferror(stdout);

	if (fflush(stdout) == 0 && !failed_before && !is_closed)
		return true;
	if (is_closed)
		log_error("could not write to standard output: it is closed");
	else if (failed_before)
		log_error("could not write to standard output");
	else
		log_error("could not write to standard output: %m");
	return false;
}
