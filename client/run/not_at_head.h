/*-------------------------------------------------------------------------
 *
 * not_at_head.h
 *		The last word of a migration that did not bring the database to head.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NOT_AT_HEAD_H
#define NOT_AT_HEAD_H

#include "rounds/rounds.h"

extern Step end_not_at_head(Run *run, const Heads *heads, const char *applied,
							char	   *advice, const char *message);

#endif							/* NOT_AT_HEAD_H */
