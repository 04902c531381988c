/*-------------------------------------------------------------------------
 *
 * head_question.c
 *		What is asked, as the arguments of a function tell it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "head_question.h"

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
get_word(FunctionCallInfo fcinfo, int arg, const char *name, const char *const *words)
{
	char	   *value;
	int			found;
	StringInfoData hint;

	check_not_null(fcinfo, arg, name);
	value = text_to_cstring(PG_GETARG_TEXT_PP(arg));
	found = find_word(value, words);
	if (found >= 0)
		return found;

	initStringInfo(&hint);
	for (int i = 0; words[i]; i++)
		appendStringInfo(&hint, "%s%s", i == 0 ? "" : ", ", words[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for %s: \"%s\"", name, value),
			 errhint("Available values: %s.", hint.data)));
	return -1;					/* keep compiler quiet */
}

static void
check_length(const Head *head, const char *name)
{
	if (head->len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain empty strings", name)));
	if (head->len > MAX_HEAD_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain strings longer than %d bytes",
						name, MAX_HEAD_LENGTH)));
}

/*
 * Check an array of heads and make a set of it.
 */
static HeadSet *
get_heads(FunctionCallInfo fcinfo, int arg, const char *name, HeadOrder order)
{
	HeadSet    *set = palloc(sizeof(HeadSet));
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(arg);
	int			nheads = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	char	   *elem = ARR_DATA_PTR(array);
	Head	   *heads;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a one-dimensional array", name)));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain nulls", name)));

	/* The elements lie one behind the other: no need to deconstruct_array(). */
	heads = palloc_array(Head, nheads);
	for (int i = 0; i < nheads; i++)
	{
		heads[i] = (Head) {VARDATA_ANY(elem), VARSIZE_ANY_EXHDR(elem)};
		check_length(&heads[i], name);
		elem = (char *) INTALIGN(elem + VARSIZE_ANY(elem));
	}
	make_head_set(set, heads, nheads, order);
	return set;
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
	if (clause_needing_order(question->condition) &&
		(question->order == ORDER_KNOWN || question->order == ORDER_NONE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("head_condition with \"%s\" needs an order",
						clause_needing_order(question->condition)),
				 errhint("Set head_order to numeric, bytes or dotted.")));
}

/*
 * Check the arguments that tell what rows mean, but for the expected heads.
 */
static void
get_settings(FunctionCallInfo fcinfo, const HeadArguments *arguments, HeadQuestion *question)
{
	question->rule = get_word(fcinfo, arguments->rule, "head_rule", head_rule_names);
	question->order = get_word(fcinfo, arguments->order, "head_order", head_order_names);
	if (!PG_ARGISNULL(arguments->condition))
		get_condition(text_to_cstring(PG_GETARG_TEXT_PP(arguments->condition)), question);
	if (!PG_ARGISNULL(arguments->known))
		question->known = get_heads(fcinfo, arguments->known, "known_heads",
									key_order(question->rule, question->order));
}

/*
 * Check the arguments and make a question of them.
 */
void
get_head_question(FunctionCallInfo fcinfo, const HeadArguments *arguments,
				  HeadQuestion *question)
{
	if (!arguments->may_lack_expected)
		check_not_null(fcinfo, arguments->expected, "expected_heads");
	check_not_null(fcinfo, arguments->table, "head_table");
	check_not_null(fcinfo, arguments->column, "head_column");
	question->column = text_to_cstring(PG_GETARG_TEXT_PP(arguments->column));

	if (arguments->rule >= 0)
		get_settings(fcinfo, arguments, question);
	if (PG_ARGISNULL(arguments->expected))
		return;
	question->expected = get_heads(fcinfo, arguments->expected, "expected_heads",
								   key_order(question->rule, question->order));
	if (question->expected->nkeys == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expected_heads must not be empty"),
				 errhint("Pass the head revisions of the migrations that this program ships with.")));
}

/*
 * The heads found, a null if a row had none, and a mark if there are or may be
 * more.
 */
ArrayType *
head_list_array(const HeadList *list)
{
	Datum		elems[MAX_HEADS_RETURNED + 2];
	bool		nulls[MAX_HEADS_RETURNED + 2] = {false};
	int			nelems = 0;
	int			lower = 1;

	for (; nelems < list->nheads; nelems++)
		elems[nelems] = PointerGetDatum(cstring_to_text_with_len(list->heads[nelems].data,
																 list->heads[nelems].len));
	if (list->has_null)
		nulls[nelems++] = true;
	if (list->cut)
		elems[nelems++] = CStringGetTextDatum(CUT_MARK);
	if (nelems == 0)
		return construct_empty_array(TEXTOID);

	return construct_md_array(elems, nulls, 1, &nelems, &lower,
							  TEXTOID, -1, false, TYPALIGN_INT);
}
