/*-------------------------------------------------------------------------
 *
 * head_order.h
 *		How the heads of a tool are ordered.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_ORDER_H
#define GW_BOOTSTRAP_HEAD_ORDER_H

#include "shared/head_words.h"

/*
 * A text without a header; it need not be terminated.  One that is longer than
 * MAX_HEAD_LENGTH may be only the beginning of a value, or without data if not
 * even that was read.
 */
typedef struct Head
{
	const char *data;
	int			len;
} Head;

#define UNREAD_HEAD {NULL, MAX_HEAD_LENGTH + 1}

extern int	compare_heads(const void *a, const void *b);
extern Head head_key(HeadOrder order, const Head *head);
extern void free_head_key(const Head *key, const Head *head);

#endif							/* GW_BOOTSTRAP_HEAD_ORDER_H */
