/*-------------------------------------------------------------------------
 *
 * run.h
 *		The two commands of the client.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_H
#define RUN_H

#include "exit_code.h"
#include "options.h"

extern ExitCode run(const Options *options);
extern ExitCode check(const Options *options);

#endif							/* RUN_H */
