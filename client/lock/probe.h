/*-------------------------------------------------------------------------
 *
 * probe.h
 *		Whether the database is at head, in whichever way it can be asked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROBE_H
#define PROBE_H

#include "lock/way/way.h"

extern bool session_forget_extension(Session *session);
extern bool session_is_at_head(Session *session, const Options *options, Millis deadline, bool *at_head);

#endif							/* PROBE_H */
