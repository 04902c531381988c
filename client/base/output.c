/*-------------------------------------------------------------------------
 *
 * output.c
 *		What was written on stdout has to arrive.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/output.h"

/*
 * Whether all that was printed could be written; if not, that is logged.
 */
bool
output_arrived(void)
{
	/* of an earlier one only the fact is known */
	bool		failed_before = ferror(stdout);

	if (fflush(stdout) == 0 && !failed_before)
		return true;
	if (failed_before)
		log_error("could not write to standard output");
	else
		log_error("could not write to standard output: %m");
	return false;
}
