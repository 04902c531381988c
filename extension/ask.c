/*-------------------------------------------------------------------------
 *
 * ask.c
 *		The questions of the client, all by one function.
 *
 * Whose function a name stands for can change at any time, also between any
 * look at it and the call.  So the call itself has to prove it: this function
 * returns cstring, and the client hands that to textin() or json_in(), which
 * take nothing else.  A function that returns cstring is a superuser's, since
 * the languages that others may use have no such type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "orphan.h"
#include "row.h"

PG_FUNCTION_INFO_V1(gw_bootstrap_ask);

/* The default of gw_bootstrap_break_orphan(). */
#define MIN_IDLE {.time = 10 * USECS_PER_SEC}

static const HeadArguments all_arguments = {
	.expected = 1, .known = 2, .table = 3, .column = 4, .rule = 5, .order = 6, .condition = 7, .key = 8};

/*
 * The text of a value, whatever DateStyle is.
 */
static char *
value_text(Oid type, Datum value)
{
	Oid			output;
	bool		is_varlena;

	if (type == TIMESTAMPTZOID)
		return pstrdup(timestamptz_to_str(DatumGetTimestampTz(value)));
	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

/*
 * An array of strings and nulls.
 */
static char *
row_json(const Row *row)
{
	StringInfoData json;

	initStringInfo(&json);
	for (int column = 0; column < row->ncolumns; column++)
	{
		appendStringInfoChar(&json, column == 0 ? '[' : ',');
		if (row->nulls[column])
			appendStringInfoString(&json, "null");
		else
			escape_json(&json, value_text(row->types[column], row->values[column]));
	}
	appendStringInfoChar(&json, ']');

	return json.data;
}

/*
 * The fast path is no JSON, but "t" or "f" and the version of the library.
 */
static char *
answer_at_head(FunctionCallInfo fcinfo)
{
	return pstrdup(is_at_head(fcinfo, &all_arguments) ? "t" GW_BOOTSTRAP_VERSION : "f" GW_BOOTSTRAP_VERSION);
}

static char *
answer_try(FunctionCallInfo fcinfo)
{
	Row			row;

	make_try_row(fcinfo, &all_arguments, &row);
	return row_json(&row);
}

static char *
answer_status(FunctionCallInfo fcinfo)
{
	HeadArguments arguments = all_arguments;
	Row			row;

	arguments.may_lack_expected = true;
	make_status_row(fcinfo, &arguments, &row);
	return row_json(&row);
}

static char *
answer_break_orphan(FunctionCallInfo fcinfo)
{
	Interval	min_idle = MIN_IDLE;
	int			pid;

	check_not_null(fcinfo, all_arguments.key, "lock_key");
	pid = break_orphan(PG_GETARG_INT64(all_arguments.key), &min_idle);
	return pid == 0 ? pstrdup("[null]") : psprintf("[\"%d\"]", pid);
}

static const struct
{
	const char *name;
	char	   *(*answer)(FunctionCallInfo fcinfo);
} questions[] = {
	{"at_head", answer_at_head},
	{"try", answer_try},
	{"status", answer_status},
	{"break_orphan", answer_break_orphan},
};

/*
 * gw_bootstrap_ask(question, expected_heads, known_heads, head_table,
 *		head_column, head_rule, head_order, head_condition, lock_key) -> cstring
 */
Datum
gw_bootstrap_ask(PG_FUNCTION_ARGS)
{
	char	   *question;

	check_not_null(fcinfo, 0, "question");
	question = text_to_cstring(PG_GETARG_TEXT_PP(0));
	for (int i = 0; i < lengthof(questions); i++)
		if (strcmp(question, questions[i].name) == 0)
			PG_RETURN_CSTRING(questions[i].answer(fcinfo));

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for question: \"%s\"", question),
			 errhint("Available values: at_head, try, status, break_orphan.")));
}
