/*-------------------------------------------------------------------------
 *
 * toasted.h
 *		Values that are stored out of line, fetched without waiting.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_TOASTED_H
#define GW_BOOTSTRAP_TOASTED_H

extern bool is_toasted(Datum value);
extern bool fetch_toasted(Datum value, int32 count, Datum *fetched);

#endif							/* GW_BOOTSTRAP_TOASTED_H */
