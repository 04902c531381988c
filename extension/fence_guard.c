/*-------------------------------------------------------------------------
 *
 * fence_guard.c
 *		Whether a fenced session may write now.
 *
 * Either its transaction holds the key itself, so that lock and work are one;
 * or it shows the token of the guard that holds the key at this moment.  Then
 * the tag is taken first and the guard looked for afterwards: the other way
 * round a new guard could come between the two.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/sinvaladt.h"
#include "utils/guc.h"

#include "bootstrap_lock.h"
#include "compat.h"
#include "fence_guard.h"
#include "fence_token.h"
#include "holder.h"
#include "pause.h"

char	   *token_setting = NULL;

/*
 * The last guard that was found by its token.  A transaction's virtual id is
 * not used again while this session lives, so it need not be hashed anew.
 */
static struct
{
	char		token[TOKEN_LENGTH + 1];
	VirtualTransactionId transaction;
} known_guard;

/*
 * Copy the token that the session shows; a word that cannot be one counts as
 * one of no guard.  If the setting is used it alone counts.
 */
static bool
get_shown_token(char *token)
{
	const char *shown = token_setting;
	size_t		len;

	if (shown != NULL && shown[0] != '\0')
		len = strlen(shown);
	else if (strncmp(application_name, TOKEN_NAME_PREFIX, strlen(TOKEN_NAME_PREFIX)) == 0)
	{
		shown = application_name + strlen(TOKEN_NAME_PREFIX);
		len = strcspn(shown, " ");
	}
	else
		return false;

	if (len != TOKEN_LENGTH)
		len = 0;
	memcpy(token, shown, len);
	token[len] = '\0';

	return true;
}

static bool
is_token_of(const VirtualTransactionId *transaction, const char *token)
{
	PGPROC	   *proc = compat_backend_proc(compat_vxid_backend(*transaction));
	int			pid = proc ? proc->pid : 0;
	char		its_token[TOKEN_LENGTH + 1];

	if (pid == 0)				/* gone, or a prepared transaction */
		return false;
	make_token(its_token, transaction, pid, get_backend_start(pid));
	if (strcmp(its_token, token) != 0)
		return false;

	known_guard.transaction = *transaction;
	strcpy(known_guard.token, token);
	return true;
}

/*
 * True if the transaction that the token names holds the key now.  Only those
 * who are in a transaction count: what an idle session holds guards nothing.
 */
static bool
guard_lives(int64 key, const char *token)
{
	bool		is_known = strcmp(token, known_guard.token) == 0;
	bool		lives = false;
	VirtualTransactionId *holders;
	int			nholders;
	LOCKTAG		tag;

	/* The weakest mode that conflicts with the guard's exclusive one only. */
	set_bootstrap_locktag(&tag, key);
	holders = GetLockConflicts(&tag, RowShareLock, &nholders);
	for (int i = 0; i < nholders && !lives; i++)
		lives = is_known ? VirtualTransactionIdEquals(holders[i], known_guard.transaction) :
						   is_token_of(&holders[i], token);
	pfree(holders);
	if (lives)
		pause_for_test(PAUSE_GUARD_LIVES);

	return lives;
}

/*
 * With ADMITTED_BY_TOKEN the session has the tag, at the level asked for.
 */
Admission
ask_for_admission(int64 key, TagLevel level)
{
	char		token[TOKEN_LENGTH + 1];
	bool		has_tag;
	LOCKTAG		tag;

	/* Never at session level: that would outlive its client on a pooled backend. */
	set_bootstrap_locktag(&tag, key);
	if (holds_lock(&tag, ExclusiveLock, false))
		return ADMITTED_BY_KEY;

	if (!get_shown_token(token))
		return REFUSED_WITHOUT_TOKEN;
	has_tag = has_fence_tag(key, level);
	if (!has_tag && !take_fence_tag(key, level))
		return REFUSED_BY_TAG;
	if (guard_lives(key, token))
		return ADMITTED_BY_TOKEN;

	/* What the transaction has written before, it still has. */
	if (!has_tag)
		give_back_fence_tag(key, level);
	return REFUSED_WITH_OLD_TOKEN;
}

void
report_refusal(int elevel, int64 key, Admission refusal)
{
	const char *role = GetUserNameFromId(GetSessionUserId(), true);
	const char *detail;

	if (refusal == REFUSED_WITHOUT_TOKEN)
		detail = "This session shows no token of a guard, and its transaction does not hold the lock with key %lld.";
	else if (refusal == REFUSED_WITH_OLD_TOKEN)
		detail = "The token that this session shows is not that of the guard that holds the lock with key %lld now, if any does.";
	else
		detail = "Another session is taking the lock with key %lld right now.";

	ereport(elevel,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("role \"%s\" may write only under the bootstrap lock", role ? role : "?"),
			 errdetail_internal(detail, (long long) key),
			 errhint("Run the migration by \"gw_bootstrap run\" or \"gw_bootstrap guard\", or take the lock in its own transaction by gw_bootstrap_try() or pg_try_advisory_xact_lock(%lld).",
					 (long long) key)));
}
