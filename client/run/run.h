/*-------------------------------------------------------------------------
 *
 * run.h
 *		The commands of the client.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_H
#define RUN_H

#include "base/exit_code.h"
#include "base/wait.h"
#include "options/options.h"

/* How long after its deadline the client ends, whatever it is doing. */
#define BACKSTOP_MS 600

extern ExitCode run(const Options *options);
extern ExitCode check(const Options *options);
extern ExitCode doctor(const Options *options);
extern ExitCode status(const Options *options);
extern Millis attempt_deadline(const Options *options, Millis deadline);

#endif							/* RUN_H */
