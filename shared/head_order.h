/*-------------------------------------------------------------------------
 *
 * head_order.h
 *		How the heads of a tool are ordered.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_HEAD_ORDER_H
#define GW_BOOTSTRAP_HEAD_ORDER_H

/* A longer one is no head that anybody could expect. */
#define MAX_HEAD_LENGTH 1024	/* bytes */

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

typedef enum HeadOrder
{
	ORDER_KNOWN,
	ORDER_NUMERIC,
	ORDER_BYTES,
	ORDER_DOTTED,
	ORDER_NONE
} HeadOrder;

extern int	compare_heads(const void *a, const void *b);
extern Head head_key(HeadOrder order, const Head *head);
extern void free_head_key(const Head *key, const Head *head);

#endif							/* GW_BOOTSTRAP_HEAD_ORDER_H */
