/*-------------------------------------------------------------------------
 *
 * progress.h
 *		What is told of waiting beyond the log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "rounds/rounds.h"

extern void take_progress(Run *run);

#endif							/* PROGRESS_H */
