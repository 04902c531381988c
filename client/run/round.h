/*-------------------------------------------------------------------------
 *
 * round.h
 *		Bringing a database to head goes in rounds, until one of them says
 *		that it is there, or why it will not be.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROUND_H
#define ROUND_H

#include "lock/guard.h"
#include "run/run.h"
#include "script/sql_file.h"

/* How long a command has between SIGTERM and SIGKILL. */
#define GRACE_SIGNAL_MS 5000
#define GRACE_LOST_MS 1000		/* somebody else may be migrating */
#define GRACE_DEADLINE_MS 500

/* The state of a holder that has left its lock behind. */
#define ORPHANED "orphaned"

typedef struct Run
{
	const Options *options;
	SqlFile		migrate_sql;	/* if they are asked for */
	SqlFile		post_sql;
	Session		session;
	Millis		start;
	Millis		deadline;		/* for reaching head */
	Millis		attempt_deadline;	/* for what is under way by then */
	int			round;			/* of waiting */
	Millis		next_report;
	Millis		report_interval;	/* of the log */
	bool		lock_was_taken; /* by somebody whose command may still run */
	bool		migrated;		/* by us */
	bool		ahead;			/* and allowed to be */
	char		reason[600];	/* why we are waiting */
	char		remedy[256];	/* or empty */
	char		orphan[16];		/* pid seen with an orphaned lock, or empty */
	char		unbreakable[16];	/* pid that our role may not end, or empty */
	ExitCode	reason_code;	/* if that lasts until the deadline */
} Run;

/* What a step says: go on asking, or end with this. */
typedef enum Step
{
	STEP_AGAIN,
	STEP_READY,
	STEP_END
} Step;

extern void report_no_answer(void *arg);
extern Step wait_round(Run *run, ExitCode *code);
extern Step handle_failure(Run *run, ExitCode *code);
extern ExitCode end_at_deadline(const Run *run);
extern Millis post_deadline(const Run *run);

extern void note_orphan(Run *run, TryResult *try);
extern void advise_on_orphan(Run *run);
extern bool break_orphan(Run *run);
extern Step migrate(Run *run, ExitCode *code);

#endif							/* ROUND_H */
