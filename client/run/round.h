/*-------------------------------------------------------------------------
 *
 * round.h
 *		One round of "gw_bootstrap run": a look, or an attempt to migrate.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROUND_H
#define ROUND_H

#include "rounds/rounds.h"

extern Step one_round(Run *run);
extern Step handle_busy(Run *run, TryResult *found);

#endif							/* ROUND_H */
