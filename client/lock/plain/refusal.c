/*-------------------------------------------------------------------------
 *
 * refusal.c
 *		What the extension would refuse.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "lock/plain/refusal.h"

/*
 * What the server would say, had it been asked to look for itself.
 */
void
set_refusal(Failure *failure, const char *sqlstate, const char *detail, const char *hint,
			const char *fmt, ...)
{
	va_list		args;
	char	   *message;

	va_start(args, fmt);
	message = format_args(fmt, args);
	va_end(args);
	set_failure(failure, FAILURE_FINAL, hint, "%s", message);
	free(message);
	if (detail)
	{
		free(failure->detail);
		failure->detail = pg_strdup(detail);
	}
	strlcpy(failure->sqlstate, sqlstate, sizeof(failure->sqlstate));
	failure_judge(failure);
}
