/*-------------------------------------------------------------------------
 *
 * head_words.c
 *		The words for what is asked of a head table, and for what it answers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include "shared/head_words.h"

const char *const head_rule_names[] = {
	[RULE_EQUAL] = "equal",
	[RULE_CONTAIN] = "contain",
	[RULE_LATEST] = "latest",
	NULL};

const char *const head_order_names[] = {
	[ORDER_KNOWN] = "known",
	[ORDER_NUMERIC] = "numeric",
	[ORDER_BYTES] = "bytes",
	[ORDER_DOTTED] = "dotted",
	[ORDER_NONE] = "none",
	NULL};

/* As gw_bootstrap_status() tells them. */
const char *const head_outcome_names[] = {
	[HEADS_BEHIND] = "behind",
	[HEADS_AT_HEAD] = "at_head",
	[HEADS_AHEAD] = "ahead",
	[HEADS_DIVERGED] = "diverged",
	[HEADS_FAILED] = "failed",
	[HEADS_RUNNING] = "running",
	NULL};

/*
 * The number of a word among others; -1 if it is none of them.
 */
int
find_word(const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
	{
		if (strcmp(word, words[i]) == 0)
			return i;
	}
	return -1;
}
