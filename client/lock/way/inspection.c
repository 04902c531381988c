/*-------------------------------------------------------------------------
 *
 * inspection.c
 *		What is asked of a database beyond what a start takes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "lock/way/inspection.h"

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
