/*-------------------------------------------------------------------------
 *
 * holder.c
 *		Who has the lock, as the server tells it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/way/holder.h"

const char *const holder_state_names[] = {
	[HOLDER_ACTIVE] = "active",
	[HOLDER_ORPHANED] = "orphaned",
	[HOLDER_PREPARED] = "prepared"};

/*
 * The state of what has that pid, or NULL, in the word of the server, or NULL.
 */
HolderState
read_holder_state(const char *pid, const char *word)
{
	for (int state = HOLDER_ACTIVE; word && state <= HOLDER_PREPARED; state++)
	{
		if (strcmp(word, holder_state_names[state]) == 0)
			return state;
	}
	return pid || word ? HOLDER_HIDDEN : HOLDER_NONE;
}

/*
 * Who has the lock, for messages: "held by ...".
 */
char *
describe_holder(HolderState state, const char *pid)
{
	if (state == HOLDER_PREPARED)
		return pg_strdup("a prepared transaction (prepared)");
	return psprintf("backend %s (%s)", pid, holder_state_names[state] ? holder_state_names[state] : "state unknown");
}
