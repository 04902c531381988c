/*-------------------------------------------------------------------------
 *
 * extension_way.h
 *		The database asked through the extension.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXTENSION_WAY_H
#define EXTENSION_WAY_H

#include "lock/way/way.h"

extern const Way extension_way;

extern bool check_extension_version(Session *session, const char *version, const char *what);

#endif							/* EXTENSION_WAY_H */
