/*-------------------------------------------------------------------------
 *
 * extension.h
 *		The database asked through the extension, or without where there is none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXTENSION_H
#define EXTENSION_H

#include "lock/way/way.h"

#define HINT_CREATE "Run CREATE EXTENSION gw_bootstrap in this database"

/* create_extension.c */
extern Search install_extension(Session *session, const Options *options, Millis until);

/* extension.c */
extern Search find_extension(Session *session, Millis until);
extern bool find_way(Session *session, const Options *options, Millis until);

/* extension_way.c */
#define SAME_VERSION_HINT \
	"Install the client and the extension of the same version;" \
	" in the database, run ALTER EXTENSION gw_bootstrap UPDATE."

extern const Way extension_way;

extern bool check_extension_version(Session *session, const char *version, const char *what);
extern void read_outcome(Session *session, const PGresult *result, int column, Heads *heads);

/* probe.c */
extern bool session_forget_extension(Session *session);
extern bool session_is_at_head(Session *session, const Options *options, Millis deadline, bool *at_head);

#endif							/* EXTENSION_H */
