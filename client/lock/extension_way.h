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

#define SAME_VERSION_HINT \
	"Install the client and the extension of the same version;" \
	" in the database, run ALTER EXTENSION gw_bootstrap UPDATE."

extern const Way extension_way;

extern bool check_extension_version(Session *session, const char *version, const char *what);

#endif							/* EXTENSION_WAY_H */
