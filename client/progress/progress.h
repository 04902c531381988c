/*-------------------------------------------------------------------------
 *
 * progress.h
 *		What is told while a replica waits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "rounds/rounds.h"

/* progress.c */
extern void take_progress(Run *run);

/* terminal_line.c */
extern void show_line(double waited, const char *reason, const char *detail, const char *hint);
extern void erase_line(void);

#endif							/* PROGRESS_H */
