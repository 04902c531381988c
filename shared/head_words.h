/*-------------------------------------------------------------------------
 *
 * head_words.h
 *		The words for what is asked of a head table, and for what it answers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_WORDS_H
#define GW_BOOTSTRAP_HEAD_WORDS_H

/* A longer one is no head that anybody could expect. */
#define MAX_HEAD_LENGTH 1024	/* bytes */

typedef enum HeadRule
{
	RULE_EQUAL,					/* the rows are the heads */
	RULE_CONTAIN,				/* one row for each migration */
	RULE_LATEST					/* only the greatest counts */
} HeadRule;

typedef enum HeadOrder
{
	ORDER_KNOWN,
	ORDER_NUMERIC,
	ORDER_BYTES,
	ORDER_DOTTED,
	ORDER_NONE
} HeadOrder;

typedef enum HeadOutcome
{
	HEADS_BEHIND,
	HEADS_AT_HEAD,
	HEADS_AHEAD,				/* a head beyond the expected ones */
	HEADS_DIVERGED,				/* such a head, and some are missing */
	HEADS_FAILED,				/* a row tells of a failed migration */
	HEADS_RUNNING				/* or, if somebody is at work, of that one */
} HeadOutcome;

extern const char *const head_rule_names[];
extern const char *const head_order_names[];
extern const char *const head_outcome_names[];

extern int	find_word(const char *word, const char *const *words);

#endif							/* GW_BOOTSTRAP_HEAD_WORDS_H */
