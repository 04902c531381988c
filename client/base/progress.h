/*-------------------------------------------------------------------------
 *
 * progress.h
 *		One line on a terminal that is written over again and again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRESS_H
#define PROGRESS_H

extern bool progress_is_possible(void);
extern void progress_show(const char *text);
extern void progress_erase(void);

#endif							/* PROGRESS_H */
