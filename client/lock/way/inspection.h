/*-------------------------------------------------------------------------
 *
 * inspection.h
 *		What is asked of a database beyond what a start takes, in either way.
 *
 *-------------------------------------------------------------------------
 */
#ifndef INSPECTION_H
#define INSPECTION_H

#include "lock/way/way.h"

/* The server's answer; a string is NULL where it said NULL. */
typedef struct Holder
{
	PGresult   *result;			/* owns the strings */
	const char *lock_key;
	const char *pid;
	HolderState state;
	const char *since;
	const char *application_name;
	const char *client_addr;
	bool		in_recovery;
} Holder;

typedef struct Inspection
{
	/*
	 * Who has the lock, and which heads there are unless that is NULL.  The
	 * holder's result is to be cleared when no longer needed.
	 */
	bool		(*ask_status)(Session *session, const Target *target, Millis until,
					   Holder *holder, Heads *heads);

	/* End the lock that this backend has left behind; its pid, or NULL. */
	Query		(*break_orphan)(const Session *session, const Target *target, const char *pid);

	/* What a user calls to do that, allocated. */
	char	   *(*describe_break)(const Target *target, const char *pid);
} Inspection;

extern const Inspection extension_inspection;
extern const Inspection plain_inspection;

extern void read_holder(PGresult *result, Holder *holder);

#endif							/* INSPECTION_H */
