/*-------------------------------------------------------------------------
 *
 * row.c
 *		What the functions have to tell, column by column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bootstrap_lock.h"
#include "head_table.h"
#include "holder.h"
#include "row.h"
#include "try.h"

enum
{
	TRY_OUTCOME,
	TRY_CURRENT_HEADS,
	TRY_HOLDER_PID,
	TRY_HOLDER_STATE,
	TRY_FAILED_HEADS,			/* of those with known_heads */
	TRY_COLUMNS
};

static const Oid try_types[] = {
	TEXTOID, TEXTARRAYOID, INT4OID, TEXTOID, TEXTARRAYOID};

enum
{
	STATUS_CURRENT_HEADS,
	STATUS_LOCK_KEY,
	STATUS_HOLDER_PID,
	STATUS_HOLDER_STATE,
	STATUS_HOLDER_SINCE,
	STATUS_HOLDER_APPLICATION_NAME,
	STATUS_HOLDER_CLIENT_ADDR,
	STATUS_IN_RECOVERY,
	STATUS_OUTCOME,
	STATUS_FAILED_HEADS,
	STATUS_COLUMNS
};

static const Oid status_types[] = {
	TEXTARRAYOID, INT8OID, INT4OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, INETOID, BOOLOID,
	TEXTOID, TEXTARRAYOID};

StaticAssertDecl(lengthof(try_types) == TRY_COLUMNS && lengthof(status_types) == STATUS_COLUMNS &&
					 STATUS_COLUMNS <= MAX_COLUMNS,
				 "each column needs a type");

bool
is_at_head(FunctionCallInfo fcinfo, const HeadArguments *arguments)
{
	HeadQuestion question = {.collect = false};
	HeadReading reading;

	get_head_question(fcinfo, arguments, &question);
	read_head_table(PG_GETARG_TEXT_PP(arguments->table), &question, &reading);

	return reading.outcome == HEADS_AT_HEAD;
}

/*
 * A list of heads: NULL if the table is missing or cannot be read now.
 */
static void
set_heads(Row *row, int column, const HeadReading *reading, const HeadList *list)
{
	row->nulls[column] = reading->state != HEADS_READ;
	if (!row->nulls[column])
		row->values[column] = PointerGetDatum(head_list_array(list));
}

static void
set_holder(Row *row, int pid_column, int state_column, const Holder *holder)
{
	row->values[pid_column] = Int32GetDatum(holder->pid);
	row->nulls[pid_column] = holder->pid == 0;
	row->nulls[state_column] = holder->state == HOLDER_NONE;
	if (!row->nulls[state_column])
		row->values[state_column] = CStringGetTextDatum(holder_state_name(holder->state));
}

void
make_try_row(FunctionCallInfo fcinfo, const HeadArguments *arguments, Row *row)
{
	HeadQuestion question = {.collect = true};
	HeadReading reading;
	Holder		holder = {.state = HOLDER_NONE};
	const char *outcome;
	int64		key;

	check_not_null(fcinfo, arguments->key, "lock_key");
	key = PG_GETARG_INT64(arguments->key);
	get_head_question(fcinfo, arguments, &question);

	outcome = try_bootstrap(PG_GETARG_TEXT_PP(arguments->table), &question, key, &reading);
	if (strcmp(outcome, "busy") == 0)
		find_obstacle(key, &holder);

	*row = (Row) {.ncolumns = TRY_COLUMNS, .types = try_types};
	row->values[TRY_OUTCOME] = CStringGetTextDatum(outcome);
	set_heads(row, TRY_CURRENT_HEADS, &reading, &reading.found.current);
	set_holder(row, TRY_HOLDER_PID, TRY_HOLDER_STATE, &holder);
	if (arguments->rule >= 0)
		set_heads(row, TRY_FAILED_HEADS, &reading, &reading.found.failed);
}

/*
 * What the database's state is, in a word.  A failed migration is one only if
 * nobody is seen at work, and then a row still says so.
 */
static const char *
status_outcome(text *table, const HeadQuestion *question, int64 key, const Holder *holder,
			   HeadReading *reading)
{
	if (reading->outcome == HEADS_FAILED)
	{
		if (holder->state != HOLDER_NONE && !transaction_has_bootstrap_lock(key))
			return head_outcome_names[HEADS_RUNNING];
		read_head_table(table, question, reading);
	}
	if (reading->state == HEADS_LOCKED)
		return head_outcome_names[HEADS_RUNNING];

	return head_outcome_names[reading->outcome];
}

static void
set_activity(Row *row, const Holder *holder)
{
	HolderActivity activity;

	get_holder_activity(holder, &activity);
	row->values[STATUS_HOLDER_SINCE] = TimestampTzGetDatum(activity.since);
	row->nulls[STATUS_HOLDER_SINCE] = activity.since == 0;
	row->nulls[STATUS_HOLDER_APPLICATION_NAME] = activity.application_name == NULL;
	if (activity.application_name)
		row->values[STATUS_HOLDER_APPLICATION_NAME] =
			CStringGetTextDatum(activity.application_name);
	row->values[STATUS_HOLDER_CLIENT_ADDR] = activity.client_addr;
	row->nulls[STATUS_HOLDER_CLIENT_ADDR] = !activity.has_client_addr;
}

void
make_status_row(FunctionCallInfo fcinfo, const HeadArguments *arguments, Row *row)
{
	HeadQuestion question = {.collect = true};
	HeadReading reading;
	Holder		holder;
	text	   *table;
	int64		key;

	check_not_null(fcinfo, arguments->key, "lock_key");
	key = PG_GETARG_INT64(arguments->key);
	get_head_question(fcinfo, arguments, &question);
	table = PG_GETARG_TEXT_PP(arguments->table);

	read_head_table(table, &question, &reading);
	find_holder(key, &holder);
	*row = (Row) {.ncolumns = STATUS_COLUMNS, .types = status_types};
	row->nulls[STATUS_OUTCOME] = question.expected == NULL;
	if (question.expected)
		row->values[STATUS_OUTCOME] =
			CStringGetTextDatum(status_outcome(table, &question, key, &holder, &reading));

	set_heads(row, STATUS_CURRENT_HEADS, &reading, &reading.found.current);
	row->values[STATUS_LOCK_KEY] = Int64GetDatum(key);
	set_holder(row, STATUS_HOLDER_PID, STATUS_HOLDER_STATE, &holder);
	set_activity(row, &holder);
	row->values[STATUS_IN_RECOVERY] = BoolGetDatum(RecoveryInProgress());
	set_heads(row, STATUS_FAILED_HEADS, &reading, &reading.found.failed);
}
