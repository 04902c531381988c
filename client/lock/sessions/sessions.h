/*-------------------------------------------------------------------------
 *
 * sessions.h
 *		Who migrates: the holder of the lock, and the sessions of commands.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "lock/way/inspection.h"
#include "pqexpbuffer.h"
#include "server/session.h"

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

extern PGresult *ask_sessions(Session *session, const Holder *holder, Millis until);
extern HolderSession read_session(const PGresult *sessions, int row);
extern void append_session(PQExpBuffer text, const HolderSession *session);
extern char *describe_migration(Session *session, const Options *options, Millis until);

#endif							/* SESSIONS_H */
