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

extern void take_orphans(Run *run);

#endif							/* ORPHAN_H */
