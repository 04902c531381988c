/*-------------------------------------------------------------------------
 *
 * sql_script.h
 *		Run the statements of a file in the transaction that is open.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_SCRIPT_H
#define SQL_SCRIPT_H

#include "base/wait.h"
#include "script/sql_file.h"
#include "server/session.h"

typedef enum ScriptEnd
{
	SCRIPT_DONE,
	SCRIPT_FAILED,				/* which has been logged */
	SCRIPT_LOST,				/* see the session's failure: start over */
	SCRIPT_STOPPED				/* the deadline has passed, or a signal came */
} ScriptEnd;

/* What is to be run; nothing that changes while it is, or from one attempt to the next. */
typedef struct Script
{
	const char *name;			/* "migration" or "post step" */
	const SqlFile *file;
	Session    *session;
	Deadline	deadline;
} Script;

extern ScriptEnd script_run(const Script *script);
extern ScriptEnd script_commit(const Script *script);

#endif							/* SQL_SCRIPT_H */
