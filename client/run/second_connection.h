/*-------------------------------------------------------------------------
 *
 * second_connection.h
 *		What is asked beside the guard before a command starts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SECOND_CONNECTION_H
#define SECOND_CONNECTION_H

#include "rounds/rounds.h"

extern bool may_start_command(Run *run, Step *step);

#endif							/* SECOND_CONNECTION_H */
