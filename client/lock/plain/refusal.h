/*-------------------------------------------------------------------------
 *
 * refusal.h
 *		What the extension would refuse.
 *
 *-------------------------------------------------------------------------
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "server/failure.h"
#include "shared/refusals.h"

extern void set_refusal(Failure *failure, const char *sqlstate, const char *detail,
						const char *hint, const char *fmt, ...) pg_attribute_printf(5, 6);

#endif							/* REFUSAL_H */
