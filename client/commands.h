/*-------------------------------------------------------------------------
 *
 * commands.h
 *		The commands of the client that are a file each, and what comes before them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options/options.h"

/* prepare.c */
extern void prepare_options(Options *options);

/* question.c */
extern void take_question(Options *options);

extern ExitCode do_run(const Options *options);
extern ExitCode do_check(const Options *options);
extern ExitCode do_status(const Options *options);
extern ExitCode do_heads(const Options *options);

#endif							/* COMMANDS_H */
