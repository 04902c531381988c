/*-------------------------------------------------------------------------
 *
 * ask.h
 *		Ask the server, and wait for the answer within bounds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASK_H
#define ASK_H

#include "server/session.h"

/* read_only_sql_transaction: what a standby answers. */
#define STANDBY_SQLSTATE "25006"

/* What one answer may take of memory. */
#define ANSWER_MB 64

extern void limit_memory(Session *session);
extern bool memory_is_left(Session *session);
extern void advise_on_standby(Session *session);
extern bool wait_for_server(Session *session, short events, Millis until, const char *doing);

#endif							/* ASK_H */
