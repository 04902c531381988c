/*-------------------------------------------------------------------------
 *
 * head_question.c
 *		What is asked, as the arguments of a function tell it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "head_question.h"

static const char *const rule_names[] = {
	[RULE_EQUAL] = "equal",
	[RULE_CONTAIN] = "contain",
	[RULE_LATEST] = "latest",
};

static const char *const order_names[] = {
	[ORDER_KNOWN] = "known",
	[ORDER_NUMERIC] = "numeric",
	[ORDER_BYTES] = "bytes",
	[ORDER_DOTTED] = "dotted",
	[ORDER_NONE] = "none",
};

void
check_not_null(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be null", name)));
}

/*
 * The number of the word that an argument says.
 */
static int
get_word(FunctionCallInfo fcinfo, int arg, const char *name,
		 const char *const *words, int nwords)
{
	char	   *value;
	StringInfoData hint;

	check_not_null(fcinfo, arg, name);
	value = text_to_cstring(PG_GETARG_TEXT_PP(arg));
	for (int i = 0; i < nwords; i++)
	{
		if (strcmp(value, words[i]) == 0)
			return i;
	}

	initStringInfo(&hint);
	for (int i = 0; i < nwords; i++)
		appendStringInfo(&hint, "%s%s", i == 0 ? "" : ", ", words[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for %s: \"%s\"", name, value),
			 errhint("Available values: %s.", hint.data)));
	return 0;					/* keep compiler quiet */
}

static bool
has_covers(const HeadClause *clause)
{
	while (clause && clause->kind != CLAUSE_COVERS)
		clause = clause->next;
	return clause != NULL;
}

static void
get_condition(const char *text, HeadQuestion *question)
{
	char	   *error;

	question->condition = parse_head_condition(text, &error);
	if (error)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid head_condition"),
				 errdetail("%s", error)));
	if (has_covers(question->condition) &&
		(question->order == ORDER_KNOWN || question->order == ORDER_NONE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("head_condition with \"covers\" needs an order"),
				 errhint("Set head_order to numeric, bytes or dotted.")));
}

/*
 * Check the argument that tells the expected heads.
 */
void
expect_heads(FunctionCallInfo fcinfo, int arg, HeadQuestion *question)
{
	question->expected = palloc(sizeof(HeadSet));
	make_head_set(PG_GETARG_ARRAYTYPE_P(arg), "expected_heads",
				  key_order(question->rule, question->order), question->expected);
	if (question->expected->nkeys == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expected_heads must not be empty"),
				 errhint("Pass the head revisions of the migrations that this program ships with.")));
}

/*
 * Check the arguments that tell what is asked of which table, all but the
 * expected heads.
 */
static void
get_settings(FunctionCallInfo fcinfo, const HeadArguments *arguments, HeadQuestion *question)
{
	if (arguments->rule < 0)
		return;
	question->rule = get_word(fcinfo, arguments->rule, "head_rule",
							  rule_names, lengthof(rule_names));
	question->order = get_word(fcinfo, arguments->order, "head_order",
							   order_names, lengthof(order_names));
	if (!PG_ARGISNULL(arguments->condition))
		get_condition(text_to_cstring(PG_GETARG_TEXT_PP(arguments->condition)), question);
	if (!PG_ARGISNULL(arguments->known))
	{
		question->known = palloc(sizeof(HeadSet));
		make_head_set(PG_GETARG_ARRAYTYPE_P(arguments->known), "known_heads",
					  key_order(question->rule, question->order), question->known);
	}
}

/*
 * Check the arguments and make a question of them.
 */
void
get_head_question(FunctionCallInfo fcinfo, const HeadArguments *arguments,
				  HeadQuestion *question)
{
	if (arguments->expected == 0)
		check_not_null(fcinfo, arguments->expected, "expected_heads");
	check_not_null(fcinfo, arguments->table, "head_table");
	check_not_null(fcinfo, arguments->column, "head_column");
	question->table = PG_GETARG_TEXT_PP(arguments->table);
	question->column = PG_GETARG_TEXT_PP(arguments->column);

	get_settings(fcinfo, arguments, question);
	if (!PG_ARGISNULL(arguments->expected))
		expect_heads(fcinfo, arguments->expected, question);
}
