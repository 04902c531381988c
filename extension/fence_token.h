/*-------------------------------------------------------------------------
 *
 * fence_token.h
 *		The token of a guard: what names its transaction beyond doubt.
 *
 * A virtual transaction id is not enough, since after a restart or a crash a
 * later transaction has it again; so the backend's pid and start, to the
 * microsecond, are hashed with it.  In plain SQL, in the guard itself:
 *
 *	SELECT substr(encode(sha256(convert_to(format('%s %s %s',
 *			l.virtualtransaction, a.pid,
 *			(extract(epoch FROM a.backend_start) * 1000000)::bigint),
 *			'UTF8')), 'hex'), 1, 32)
 *	  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 *	 WHERE a.pid = pg_backend_pid() AND l.virtualxid = l.virtualtransaction;
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_FENCE_TOKEN_H
#define GW_BOOTSTRAP_FENCE_TOKEN_H

#include "datatype/timestamp.h"
#include "storage/lock.h"

/* What is hashed, by SHA-256: virtual transaction id, pid, microseconds since 1970. */
#define TOKEN_FORMAT "%d/%u %d " INT64_FORMAT

/* As many hexadecimal digits of the hash. */
#define TOKEN_LENGTH 32

/*
 * How a session shows a token where it sets no gw_bootstrap.token: in
 * application_name, as the word after this prefix, whatever follows it.
 */
#define TOKEN_NAME_PREFIX "gw_bootstrap migration "

extern void make_token(char *token, const VirtualTransactionId *transaction,
					   int pid, TimestampTz backend_start);
extern void make_own_token(char *token);

#endif							/* GW_BOOTSTRAP_FENCE_TOKEN_H */
