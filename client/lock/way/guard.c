/*-------------------------------------------------------------------------
 *
 * guard.c
 *		The transaction that holds the lock while a command migrates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/way/guard.h"
#include "sql/sql.h"

/*
 * Until when an answer over the guard may be waited for.  None of its
 * statements ever waits for anything on the server.
 */
static Millis
patience(Millis deadline)
{
	return Min(deadline, now_ms() + PATIENCE_MS);
}

/*
 * Ask in the guard itself whether its migration has reached head.
 */
TryResult
guard_ask_again(Session *session, const Target *target, Millis deadline)
{
	return session->way->ask_again(session, target, patience(deadline));
}

/*
 * Look whether we still have the lock.
 */
bool
guard_is_alive(Session *session, Millis deadline)
{
	return session_do(session, sql_heartbeat(), patience(deadline));
}

/*
 * End the transaction, if there is one, and with it the lock.
 */
bool
guard_end(Session *session, Millis deadline)
{
	return PQtransactionStatus(session->conn) == PQTRANS_IDLE ||
		session_do(session, sql_commit(), patience(deadline));
}
