/*-------------------------------------------------------------------------
 *
 * json.h
 *		Write JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_H
#define JSON_H

#include "pqexpbuffer.h"

extern void append_json_string(PQExpBuffer json, const char *text);

#endif							/* JSON_H */
