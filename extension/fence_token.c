/*-------------------------------------------------------------------------
 *
 * fence_token.c
 *		The token of a guard: what names its transaction beyond doubt.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "compat.h"
#include "fence_token.h"

/*
 * Write the token of a transaction, and a terminating zero.
 */
void
make_token(char *token, const VirtualTransactionId *transaction,
		   int pid, TimestampTz backend_start)
{
	int64		since_1970 = backend_start +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	char	   *name = psprintf(TOKEN_FORMAT, compat_vxid_backend(*transaction),
						  transaction->localTransactionId, pid, since_1970);
	text	   *hashed = cstring_to_text(name);
	bytea	   *hash = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea,
													  PointerGetDatum(hashed)));

	hex_encode(VARDATA_ANY(hash), TOKEN_LENGTH / 2, token);
	token[TOKEN_LENGTH] = '\0';
	pfree(hash);
	pfree(hashed);
	pfree(name);
}

void
make_own_token(char *token)
{
	VirtualTransactionId transaction;

	GET_VXID_FROM_PGPROC(transaction, *MyProc);
	make_token(token, &transaction, MyProcPid, MyStartTimestamp);
}
