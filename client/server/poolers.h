/*-------------------------------------------------------------------------
 *
 * poolers.h
 *		What poolers say.
 *
 *-------------------------------------------------------------------------
 */
#ifndef POOLERS_H
#define POOLERS_H

#include "server/transient.h"

extern const Rule pooler_rules[];

#endif							/* POOLERS_H */
