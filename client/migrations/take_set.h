/*-------------------------------------------------------------------------
 *
 * take_set.h
 *		Take from the migration set what is not asked for otherwise.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TAKE_SET_H
#define TAKE_SET_H

#include "options/options.h"

extern void take_migration_set(Options *options);

#endif							/* TAKE_SET_H */
