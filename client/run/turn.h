/*-------------------------------------------------------------------------
 *
 * turn.h
 *		Whose turn it is to run the post steps.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TURN_H
#define TURN_H

#include "run/round.h"

extern bool take_turn(Session *session, const Options *options, const Deadline *deadline);

#endif							/* TURN_H */
