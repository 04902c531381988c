/*-------------------------------------------------------------------------
 *
 * holder.c
 *		Who has the lock, as the server tells it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/way/holder.h"
#include "server/answer.h"

static const char *const names[] = {
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
		if (strcmp(word, names[state]) == 0)
			return state;
	}
	return pid || word ? HOLDER_HIDDEN : HOLDER_NONE;
}

/*
 * As the server calls it; NULL if there is nothing to tell.
 */
const char *
holder_state_name(HolderState state)
{
	return names[state];
}

/*
 * Who has the lock, for messages: "held by ...".
 */
char *
describe_holder(HolderState state, const char *pid)
{
	if (state == HOLDER_PREPARED)
		return pg_strdup("a prepared transaction (prepared)");
	return psprintf("backend %s (%s)", pid, names[state] ? names[state] : "state unknown");
}

/*
 * Take the columns of sql_status(), or of sql_plain_status().
 */
void
read_holder(PGresult *result, Holder *holder)
{
	*holder = (Holder) {
		.result = result,
		.lock_key = answer_text(result, 0, 1),
		.pid = answer_text(result, 0, 2),
		.state = read_holder_state(answer_text(result, 0, 2), answer_text(result, 0, 3)),
		.since = answer_text(result, 0, 4),
		.application_name = answer_text(result, 0, 5),
		.client_addr = answer_text(result, 0, 6),
		.in_recovery = answer_is_true(result, 0, 7),
	};
}
