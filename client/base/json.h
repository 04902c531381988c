/*-------------------------------------------------------------------------
 *
 * json.h
 *		Write JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_H
#define JSON_H

#include "base/log.h"
#include "pqexpbuffer.h"

/* log_json.c */
extern const LogFormat json_format;

/* json.c */
extern void append_json_string(PQExpBuffer json, const char *text);

#endif							/* JSON_H */
