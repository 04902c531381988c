/*-------------------------------------------------------------------------
 *
 * answer.h
 *		What the server answered, once it is known to have the right shape.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "libpq-fe.h"
#include "server/failure.h"
#include "sql/query.h"

extern bool check_answer(const PGresult *result, const Query *query, Failure *failure);
extern void set_answer_failure(Failure *failure, const char *fmt, ...) pg_attribute_printf(2, 3);
extern const char *answer_text(const PGresult *result, int row, int column);
extern bool answer_is_true(const PGresult *result, int row, int column);

#endif							/* ANSWER_H */
