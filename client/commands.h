/*-------------------------------------------------------------------------
 *
 * commands.h
 *		The commands of the client that are a file each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options/options.h"

extern ExitCode do_run(const Options *options);
extern ExitCode do_check(const Options *options);
extern ExitCode do_status(const Options *options);
extern ExitCode do_heads(const Options *options);

#endif							/* COMMANDS_H */
