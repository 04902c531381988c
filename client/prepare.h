/*-------------------------------------------------------------------------
 *
 * prepare.h
 *		Read what the options only name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PREPARE_H
#define PREPARE_H

#include "options/options.h"

/* prepare.c */
extern void prepare_options(Options *options);

/* question.c */
extern void take_question(Options *options);

#endif							/* PREPARE_H */
