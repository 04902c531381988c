/*-------------------------------------------------------------------------
 *
 * plain.h
 *		The work of the extension's functions, where there is no extension.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "lock/way/inspection.h"

typedef enum PlainReading
{
	READING_FAILED,				/* see the session's failure */
	READING_LOCKED,				/* somebody has locked the head table */
	READING_DONE				/* see the heads' outcome */
} PlainReading;

/* plain_way.c */
extern const Way plain_way;

extern Search do_without(Session *session, const Options *options, Millis until);

extern PlainReading plain_read_heads(Session *session, const Target *target, bool in_guard,
									 Millis deadline, Heads *heads);
extern bool plain_ask_holder(Session *session, const Target *target, Millis until,
							 Holder *holder);
extern TryResult plain_guard_take(Session *session, const Target *target, Millis deadline);
extern TryResult plain_guard_open(Session *session, const Target *target, Millis deadline);
extern TryResult plain_guard_ask_again(Session *session, const Target *target, Millis deadline);

#endif							/* PLAIN_H */
