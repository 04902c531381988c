/*-------------------------------------------------------------------------
 *
 * look.h
 *		Look at a database until there is an answer, or no hope of one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LOOK_H
#define LOOK_H

#include "base/exit_code.h"
#include "server/session.h"

/* Ask; false, and the failure of the session set, if there is no answer. */
typedef bool (*Question)(Session *session, const Options *options, Millis until, ExitCode *code);

extern ExitCode look_until(const Options *options, Question question);

#endif							/* LOOK_H */
