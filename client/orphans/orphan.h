/*-------------------------------------------------------------------------
 *
 * orphan.h
 *		A lock whose replica has gone, on a backend that a pooler keeps.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ORPHAN_H
#define ORPHAN_H

#include "rounds/rounds.h"

extern void note_orphan(Run *run, TryResult *found);
extern char *advise_on_orphan(const Run *run);
extern bool break_orphan(Run *run);

#endif							/* ORPHAN_H */
