/*-------------------------------------------------------------------------
 *
 * guard.h
 *		The transaction that holds the lock while a command migrates.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GUARD_H
#define GUARD_H

#include "lock/way/way.h"

/* The time between two heartbeats. */
#define HEARTBEAT_MS 3000

/* How long a guard may be silent, and how long then who watches it. */
#define PATIENCE_MS (2 * HEARTBEAT_MS)
#define SILENCE_MS (PATIENCE_MS + 1000)

/* How long a second connection beside it may take, and what mends that there is none. */
#define SECOND_CONNECTION_MS 10000
#define SECOND_CONNECTION_REMEDY \
	"Use a larger pool, name a way past the pooler in --migration-url, or migrate by --migrate-sql."

/* What a migration is safe against: see docs/sql.md. */
#define CLASS_ONE_TRANSACTION "class a: one transaction"
#define CLASS_FENCED "class b: fenced"
#define CLASS_BY_NAME "class c: by name"

extern TryResult guard_ask_again(Session *session, const Target *target, Millis deadline);
extern bool guard_is_alive(Session *session, Millis deadline);
extern bool guard_end(Session *session, Millis deadline);

#endif							/* GUARD_H */
