/*-------------------------------------------------------------------------
 *
 * weight.h
 *		Which of several attempts to connect counts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WEIGHT_H
#define WEIGHT_H

#include "server/attempts.h"

extern const Attempt *weightiest_attempt(const Attempts *attempts);

#endif							/* WEIGHT_H */
