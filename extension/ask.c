/*-------------------------------------------------------------------------
 *
 * ask.c
 *		The questions of the client, all by one function.
 *
 * Whose function a name stands for can change at any time, also between any
 * look at it and the call.  So the call itself has to prove it: the operator of this
 * function returns cstring, and the client hands that to textin() or json_in(), which
 * take nothing else.  client/sql/sql_extension.c says why nobody else can make one that
 * fits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "orphan.h"
#include "row.h"

PG_FUNCTION_INFO_V1(gw_bootstrap_ask);

/* The default of gw_bootstrap_break_orphan(). */
#define MIN_IDLE {.time = 10 * USECS_PER_SEC}

/* What the strings of a question are; those that follow are the known heads. */
enum
{
	IS_QUESTION,
	IS_TABLE,
	IS_COLUMN,
	IS_RULE,
	IS_ORDER,
	IS_CONDITION,
	IS_KEY,
	IS_FIRST_KNOWN
};

/* The arguments that are made of them: those strings, but for the key, and two arrays. */
#define KNOWN IS_FIRST_KNOWN
#define EXPECTED (KNOWN + 1)
#define NARGUMENTS (EXPECTED + 1)

static const HeadArguments all_arguments = {
	.expected = EXPECTED,
	.known = KNOWN,
	.table = IS_TABLE,
	.column = IS_COLUMN,
	.rule = IS_RULE,
	.order = IS_ORDER,
	.condition = IS_CONDITION,
	.key = IS_KEY};

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
	{"gw_bootstrap_at_head", answer_at_head},
	{"gw_bootstrap_try", answer_try},
	{"gw_bootstrap_status", answer_status},
	{"gw_bootstrap_break_orphan", answer_break_orphan},
};

/*
 * The arguments that the functions take, made of the two that we have got.
 */
static void
make_arguments(FunctionCallInfo fcinfo, FunctionCallInfo arguments)
{
	Datum	   *strings;
	bool	   *nulls;
	int			count;
	int			nknown;
	int			first = 1;

	check_not_null(fcinfo, 0, "question");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &strings, &nulls, &count);
	if (count < IS_FIRST_KNOWN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("question must have at least %d elements, not %d", IS_FIRST_KNOWN, count)));

	InitFunctionCallInfoData(*arguments, fcinfo->flinfo, NARGUMENTS, fcinfo->fncollation, NULL, NULL);
	for (int i = 0; i < IS_FIRST_KNOWN; i++)
		arguments->args[i] = (NullableDatum) {strings[i], nulls[i]};
	if (!nulls[IS_KEY])
		arguments->args[IS_KEY].value = DirectFunctionCall1(int8in, CStringGetDatum(TextDatumGetCString(strings[IS_KEY])));

	/* none is not an empty list, but one that is not known */
	nknown = count - IS_FIRST_KNOWN;
	arguments->args[KNOWN].isnull = nknown == 0;
	if (nknown > 0)
		arguments->args[KNOWN].value =
			PointerGetDatum(construct_md_array(strings + IS_FIRST_KNOWN, nulls + IS_FIRST_KNOWN, 1,
											   &nknown, &first, TEXTOID, -1, false, TYPALIGN_INT));
	arguments->args[EXPECTED] = fcinfo->args[1];
}

/*
 * gw_bootstrap_ask(question, expected_heads) -> cstring
 */
Datum
gw_bootstrap_ask(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(arguments, NARGUMENTS);
	char	   *question;

	make_arguments(fcinfo, arguments);
	check_not_null(arguments, IS_QUESTION, "the first element of question");
	question = text_to_cstring(DatumGetTextPP(arguments->args[IS_QUESTION].value));
	for (int i = 0; i < lengthof(questions); i++)
		if (strcmp(question, questions[i].name) == 0)
			PG_RETURN_CSTRING(questions[i].answer(arguments));

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for question: \"%s\"", question),
			 errhint("Available values: gw_bootstrap_at_head, gw_bootstrap_try, gw_bootstrap_status, gw_bootstrap_break_orphan.")));
}
