/*-------------------------------------------------------------------------
 *
 * rounds.h
 *		Bringing a database to head goes in rounds, until one of them says
 *		that it is there, or why it will not be.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROUNDS_H
#define ROUNDS_H

#include "base/wait.h"
#include "command/command.h"
#include "lock/watch.h"
#include "lock/way/guard.h"

/* How long a command has between SIGTERM and SIGKILL. */
#define GRACE_SIGNAL_MS 5000
#define GRACE_LOST_MS 1000		/* somebody else may be migrating */
#define GRACE_DEADLINE_MS 500

/* How many can be asked for, of each kind. */
#define MOST_PARTS 6

/* Put one more into such an array, which ends with NULL. */
#define ADD_PART(array, part) \
	do \
	{ \
		int i = 0; \
		while ((array)[i]) \
			i++; \
		if (i == MOST_PARTS) \
			abort(); \
		(array)[i] = (part); \
	} while (0)

typedef struct Run Run;

/* What a step says: go on asking, or end. */
typedef enum Step
{
	STEP_AGAIN,
	STEP_READY,
	STEP_END
} Step;

/* What is done about a lock that a dead client has left on a pooled backend. */
typedef struct OrphanCare
{
	void		(*note)(Run *run, TryResult *found);	/* whether it is one */
	char	   *(*advise)(const Run *run);
	bool		(*end)(Run *run);	/* if that is wanted; false if the session failed */
} OrphanCare;

/* What follows where the server refuses what a role writes without a guard. */
typedef struct FenceCare
{
	/* Whether our own role may write without one, as far as it is to, or the session failed. */
	bool		(*may_write)(Run *run, bool may_migrate);
	/* Ask about the role that migrates, of which that is a session. */
	bool		(*ask)(Run *run, Session *session, Millis until);
	/* After the command: whether it was seen to be fenced, if that is asked for. */
	bool		(*is_proven)(Run *run, Millis until);
} FenceCare;

struct Run
{
	const Options *options;
	Step		(*migrate)(Run *run);	/* under the lock; NULL if not to */
	/* Before a command starts under the guard: false if the step says how to go on instead. */
	bool (*before_command[MOST_PARTS + 1])(Run *run, CommandPlan *plan, Step *step);
	Lookout    *lookouts[MOST_PARTS + 1];	/* over the guard, while it runs */
	/* While somebody else has the lock; the same. */
	bool (*when_busy[MOST_PARTS + 1])(Run *run, const TryResult *found, Step *step);
	ExitCode (*post[MOST_PARTS + 1])(Run *run);	/* once the database is ready */
	/*
	 * What follows from a row that says of a migration that it failed, if it is not
	 * one at work: ours has ended, or it is to be looked at.  NULL: no row says so.
	 */
	Step		(*judge_failed)(Run *run, Heads *heads, bool ended);
	void		(*tell_waiting)(Run *run);	/* why, before each pause; or NULL */
	const OrphanCare *orphans;	/* or NULL: they are waited for as others are */
	/* When a migration has succeeded and it is not; NULL if there is nothing to say. */
	char	   *(*advise_not_at_head)(Run *run);
	const FenceCare *fence;		/* or NULL: it is not asked for */
	Session		session;
	Millis		start;
	Deadline	deadline;		/* for reaching head */
	bool		looked;			/* at the heads, without asking for the lock */
	Millis		round_begun;
	Millis		round_took;		/* the one before */
	Millis		wait_begun;		/* 0 if it has not */
	bool		lock_was_taken; /* by somebody whose command may still run */
	bool		waited_for_lock;	/* so the reason tells of that, although it is ours now */
	char	   *heads_before;	/* when that was seen first, or NULL */
	bool		migrated;		/* by us */
	bool		fenced;			/* the role that migrates is, by our lock */
	const char *safety;			/* the class of the migration, */
	const char *safety_detail;	/* and what follows from it, or NULL */
	bool		ahead;			/* and allowed to be */
	Failure		reason;			/* why we wait, and the last word if that does not help */
	ExitCode	code;			/* that goes with STEP_END */
};

/* rounds.c */
extern ExitCode go_in_rounds(Run *run, Step (*round)(Run *run));
extern bool stop_under_guard(Run *run, Command *command, int grace);

/* waiting.c */
extern Step wait_round(Run *run);
extern Step wait_without_lock(Run *run);
extern bool tells_less(const Run *run, const Failure *failure, const Failure *before);
extern Step handle_failure(Run *run);
extern Step start_over_unguarded(Run *run, const char *when);
extern Step end_with(Run *run, ExitCode code);
extern Step end_at_deadline(Run *run);

#endif							/* ROUNDS_H */
