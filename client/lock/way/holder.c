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

/*
 * Take the columns of sql_status(), or of sql_plain_status().
 */
void
read_holder(PGresult *result, Holder *holder)
{
	*holder = (Holder) {
		.result = result,
		.current_heads = answer_text(result, 0, 0),
		.lock_key = answer_text(result, 0, 1),
		.pid = answer_text(result, 0, 2),
		.state = answer_text(result, 0, 3),
		.since = answer_text(result, 0, 4),
		.application_name = answer_text(result, 0, 5),
		.client_addr = answer_text(result, 0, 6),
		.in_recovery = answer_is_true(result, 0, 7),
	};
}
