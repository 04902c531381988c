/*-------------------------------------------------------------------------
 *
 * setting.h
 *		What a connection string says, or else the environment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SETTING_H
#define SETTING_H

#include "libpq-fe.h"

extern const char *setting_value(const PQconninfoOption *options, const char *keyword);

#endif							/* SETTING_H */
