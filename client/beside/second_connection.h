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

extern void take_second_connection(Run *run);

#endif							/* SECOND_CONNECTION_H */
