/*-------------------------------------------------------------------------
 *
 * sql_locks.h
 *		Parts of statements that look at pg_locks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_LOCKS_H
#define SQL_LOCKS_H

/* The condition that a lock is of a key, for a format; and what that takes. */
#define SQL_HAS_KEY \
	"l.locktype OPERATOR(pg_catalog.=) 'advisory'::pg_catalog.text" \
	" AND l.classid OPERATOR(pg_catalog.=) '%u'::pg_catalog.oid" \
	" AND l.objid OPERATOR(pg_catalog.=) '%u'::pg_catalog.oid"
#define KEY_HALVES(key) (unsigned) ((uint64) (key) >> 32), (unsigned) ((uint64) (key) & 0xFFFFFFFF)

/* The transaction that has the lock l, by a name that no other ever has. */
#define SQL_GUARD_NAME \
	"(l.virtualtransaction OPERATOR(pg_catalog.||) '@'::pg_catalog.text" \
	" OPERATOR(pg_catalog.||) (pg_catalog.date_part('epoch'::pg_catalog.text," \
	" pg_catalog.pg_postmaster_start_time()) OPERATOR(pg_catalog.*) 1000000)" \
	"::pg_catalog.int8::pg_catalog.text)"

#endif							/* SQL_LOCKS_H */
