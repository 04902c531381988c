/*-------------------------------------------------------------------------
 *
 * weight.c
 *		Which of several attempts to connect counts.
 *
 * The last is not always the one: a server that wants TLS refuses the second
 * attempt, whatever was wrong with the first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "server/weight.h"

/*
 * Among attempts at one host: whatever the server itself said, if it is more
 * than that it wants another kind of connection; then why there was none.
 */
static int
weight(const Attempt *attempt)
{
	switch (attempt->rule->prospect)
	{
		case PASSES:
			return *attempt->sqlstate ? 3 : 1;
		case STAYS:
			return 2;
		case STAYS_IF_ALONE:
			break;
	}
	return 0;
}

static bool
same_host(const Attempt *a, const Attempt *b)
{
	return a->where != NULL && b->where != NULL && strcmp(a->where, b->where) == 0;
}

/*
 * The attempt at the same host as this one that counts.
 */
static const Attempt *
weightiest_at_host(const Attempts *attempts, const Attempt *first)
{
	const Attempt *found = first;

	for (int i = 0; i < attempts->count; i++)
	{
		const Attempt *other = &attempts->attempt[i];

		if (same_host(first, other) && weight(other) > weight(found))
			found = other;
	}
	return found;
}

/*
 * The attempt that tells whether to try again: the first that somebody has to
 * mend, unless there is a host of which that cannot be said.
 */
const Attempt *
weightiest_attempt(const Attempts *attempts)
{
	const Attempt *found = weightiest_at_host(attempts, &attempts->attempt[0]);

	for (int i = 1; i < attempts->count && found->rule->prospect != PASSES; i++)
	{
		const Attempt *other = weightiest_at_host(attempts, &attempts->attempt[i]);

		if (other->rule->prospect == PASSES)
			found = other;
	}
	return found;
}
