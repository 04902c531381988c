/*-------------------------------------------------------------------------
 *
 * probe.h
 *		Whether the database is at head, asked of an extension that is ours.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROBE_H
#define PROBE_H

#include "lock/ahead.h"
#include "server/session.h"

extern bool session_find_extension(Session *session, Millis deadline);
extern bool session_forget_extension(Session *session);
extern bool session_is_at_head(Session *session, const Options *options, Millis deadline, bool *at_head);
extern bool session_read_heads(Session *session, const Options *options, Millis deadline, Heads *heads);

#endif							/* PROBE_H */
