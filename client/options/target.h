/*-------------------------------------------------------------------------
 *
 * target.h
 *		What is to be reached, and under which lock: all that is asked of a
 *		database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TARGET_H
#define TARGET_H

#include "fe_utils/simple_list.h"
#include "shared/head_words.h"

struct		HeadQuestion;

#define DEFAULT_LOCK_KEY INT64CONST(42424242424242)

typedef struct Target
{
	char	   *head_table;
	char	   *head_column;
	char	   *head_rule;
	char	   *head_order;
	char	   *head_condition; /* or NULL */
	SimpleStringList expected_heads;
	SimpleStringList known_heads;	/* all of the migration set; none if not known */
	struct HeadQuestion *question;	/* the same, for who answers it here */
	int64		lock_key;
} Target;

#endif							/* TARGET_H */
