/*-------------------------------------------------------------------------
 *
 * namesakes.h
 *		Other tables of the head table's name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NAMESAKES_H
#define NAMESAKES_H

#include "rounds/rounds.h"

extern void take_namesakes(Run *run);

#endif							/* NAMESAKES_H */
