/*-------------------------------------------------------------------------
 *
 * failure.h
 *		Why something did not work, and whether to try again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FAILURE_H
#define FAILURE_H

#include "libpq-fe.h"

typedef enum FailureKind
{
	FAILURE_NONE,
	FAILURE_RETRY,				/* may go away by itself */
	FAILURE_FINAL				/* somebody has to mend it */
} FailureKind;

typedef struct Failure
{
	FailureKind kind;
	bool		timed_out;		/* there was no answer in time */
	char		sqlstate[6];	/* empty if the server did not tell one */
	char		message[512];	/* one line */
	char		detail[512];
	char		hint[512];
} Failure;

extern void set_failure(Failure *failure, FailureKind kind, const char *hint,
						const char *fmt, ...) pg_attribute_printf(4, 5);
extern void set_connection_failure(Failure *failure, const PGconn *conn);
extern void set_result_failure(Failure *failure, const PGconn *conn, const PGresult *result);
extern void log_failure(const Failure *failure);

#endif							/* FAILURE_H */
