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

typedef enum SecondResult
{
	SECOND_CLEAR,				/* the command may start */
	SECOND_LATER,				/* not now: see run->reason */
	SECOND_NONE					/* no connection, as logged */
} SecondResult;

extern SecondResult ask_second_connection(Run *run);

#endif							/* SECOND_CONNECTION_H */
