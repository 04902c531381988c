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

extern void prepare_options(Options *options);

#endif							/* PREPARE_H */
