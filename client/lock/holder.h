/*-------------------------------------------------------------------------
 *
 * holder.h
 *		Who has the lock, and what it is doing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HOLDER_H
#define HOLDER_H

#include "pqexpbuffer.h"
#include "server/session.h"

/* The server's answer; a string is NULL where it said NULL. */
typedef struct Holder
{
	PGresult   *result;			/* owns the strings */
	const char *current_heads;	/* as the text of an array */
	const char *lock_key;
	const char *pid;
	const char *state;			/* NULL if hidden, or if nobody has the lock */
	const char *since;
	const char *application_name;
	const char *client_addr;
	bool		in_recovery;
	HeadOutcome outcome;		/* only that of "status", if heads are expected */
} Holder;

typedef struct HolderSession
{
	const char *pid;
	const char *application_name;
	const char *client_addr;
	const char *state;
	const char *since;
	const char *statement;		/* what kind of */
	const char *wait_event_type;
	const char *wait_event;
	bool		is_holder;
} HolderSession;

extern bool plain_ask_holder(Session *session, const Options *options, Millis until, Holder *holder);
extern bool ask_holder(Session *session, const Options *options, Millis until, Holder *holder);
extern PGresult *ask_sessions(Session *session, const Holder *holder, Millis until);
extern HolderSession read_session(const PGresult *sessions, int row);
extern void append_session(PQExpBuffer text, const HolderSession *session);
extern char *describe_migration(Session *session, const Options *options, Millis until);

#endif							/* HOLDER_H */
