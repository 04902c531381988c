/*-------------------------------------------------------------------------
 *
 * turn.h
 *		Whose turn it is to run the post steps, and until when.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TURN_H
#define TURN_H

#include "rounds/rounds.h"

extern Millis post_deadline(const Run *run);
extern bool take_turn(Session *session, const Options *options, const Deadline *deadline);

#endif							/* TURN_H */
