/*-------------------------------------------------------------------------
 *
 * run.h
 *		"gw_bootstrap run".
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_H
#define RUN_H

#include "options/options.h"

extern ExitCode do_run(const Options *options);

#endif							/* RUN_H */
