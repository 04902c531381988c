/*-------------------------------------------------------------------------
 *
 * guarded.h
 *		"gw_bootstrap guard".
 *
 *-------------------------------------------------------------------------
 */
#ifndef GUARDED_H
#define GUARDED_H

#include "options/options.h"

extern ExitCode do_guard(const Options *options);

#endif							/* GUARDED_H */
