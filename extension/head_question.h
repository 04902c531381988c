/*-------------------------------------------------------------------------
 *
 * head_question.h
 *		What is asked, as the arguments of a function tell it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_QUESTION_H
#define GW_BOOTSTRAP_HEAD_QUESTION_H

#include "fmgr.h"
#include "utils/array.h"

#include "shared/head_judge.h"

/* The numbers of the arguments; -1 where a function has no such one. */
typedef struct HeadArguments
{
	int			expected;
	int			table;
	int			column;
	int			key;			/* of the functions that ask for the lock */
	int			known;
	int			rule;
	int			order;
	int			condition;
	bool		may_lack_expected;	/* then there is no outcome */
} HeadArguments;

extern void check_not_null(FunctionCallInfo fcinfo, int arg, const char *name);
extern void get_head_question(FunctionCallInfo fcinfo, const HeadArguments *arguments,
							  HeadQuestion *question);
extern ArrayType *head_list_array(const HeadList *list);

#endif							/* GW_BOOTSTRAP_HEAD_QUESTION_H */
