/*-------------------------------------------------------------------------
 *
 * start.h
 *		Start a command under the guard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef START_H
#define START_H

#include "rounds/rounds.h"

extern bool start_under_guard(Run *run, Command *command, CommandPlan *plan, const char *doing,
							  Step *step);

#endif							/* START_H */
