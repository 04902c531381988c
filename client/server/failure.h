/*-------------------------------------------------------------------------
 *
 * failure.h
 *		Why something did not work, and whether to try again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FAILURE_H
#define FAILURE_H

#include "base/exit_code.h"
#include "libpq-fe.h"

typedef enum FailureKind
{
	FAILURE_NONE,
	FAILURE_RETRY,				/* may go away by itself */
	FAILURE_FINAL				/* somebody has to mend it */
} FailureKind;

/*
 * A value that begins as zeros, is set as one and owns its texts: copy it by
 * failure_copy(), never by assignment.  Once it has been set, no text is NULL.
 */
typedef struct Failure
{
	FailureKind kind;
	ExitCode	code;			/* of the client, if nothing comes after it */
	bool		timed_out;		/* there was no answer in time, */
	bool		unreached;		/* nor any connection */
	bool		too_long;		/* the answer took too much memory */
	char		sqlstate[6];	/* empty if the server did not tell one */
	char	   *message;		/* one line */
	char	   *detail;			/* or empty */
	char	   *hint;			/* or empty */
} Failure;

extern void set_failure(Failure *failure, FailureKind kind, const char *hint,
						const char *fmt, ...) pg_attribute_printf(4, 5);
extern void set_connection_failure(Failure *failure, const PGconn *conn);
extern void set_result_failure(Failure *failure, const PGconn *conn, const PGresult *result);
extern void set_cut_failure(Failure *failure);
extern void failure_set_kind(Failure *failure, FailureKind kind);
extern void failure_add_hint(Failure *failure, const char *hint);
extern void failure_judge(Failure *failure);
extern void failure_copy(Failure *to, const Failure *from);
extern void failure_clear(Failure *failure);
extern void log_failure(const Failure *failure);

/* Why to try again, and the exit code if that has not helped by the deadline. */
#define set_reason(failure, exit_code, hint, ...) \
	(set_failure(failure, FAILURE_RETRY, hint, __VA_ARGS__), (failure)->code = (exit_code))

#endif							/* FAILURE_H */
