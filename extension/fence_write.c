/*-------------------------------------------------------------------------
 *
 * fence_write.c
 *		What is a write.
 *
 * Queries are judged by CommandIsReadOnly().  For utility statements what a
 * read-only transaction allows is not the measure: REINDEX and VACUUM pass
 * there.  So those that change nothing are listed, and whatever PostgreSQL
 * adds later is a write.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"

#include "fence_write.h"

bool
is_writing_utility(Node *statement)
{
	switch (nodeTag(statement))
	{
			/* Of the transaction and the session alone. */
		case T_VariableSetStmt:
		case T_VariableShowStmt:
		case T_ConstraintsSetStmt:
		case T_DiscardStmt:
		case T_PrepareStmt:
		case T_DeallocateStmt:
		case T_ListenStmt:
		case T_UnlistenStmt:
		case T_NotifyStmt:
			return false;

			/* Judged by what runs inside. */
		case T_ExecuteStmt:
		case T_DeclareCursorStmt:
		case T_FetchStmt:
		case T_ClosePortalStmt:
		case T_ExplainStmt:
		case T_CallStmt:
		case T_DoStmt:
			return false;

			/* PREPARE TRANSACTION has a callback of its own. */
		case T_TransactionStmt:
			return castNode(TransactionStmt, statement)->kind == TRANS_STMT_COMMIT_PREPARED;
		case T_CopyStmt:
			return castNode(CopyStmt, statement)->is_from;
			/* What pg_dump takes. */
		case T_LockStmt:
			return castNode(LockStmt, statement)->mode != AccessShareLock;

		default:
			return true;
	}
}
