/* head_condition.c: --head-condition, shared/head_condition.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "pqexpbuffer.h"
#include "shared/head_condition.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

static void
append_quoted(PQExpBuffer text, const char *value, char quote)
{
	appendPQExpBufferChar(text, quote);
	for (; *value; value++)
	{
		if (*value == quote)
			appendPQExpBufferChar(text, quote);
		appendPQExpBufferChar(text, *value);
	}
	appendPQExpBufferChar(text, quote);
}

static void
append_term(PQExpBuffer text, const HeadTerm *term)
{
	const char *not = term->negated ? "not " : "";

	if (term->kind == TERM_IS_TRUE)
		appendPQExpBufferStr(text, not);
	append_quoted(text, term->column, '"');
	if (term->kind == TERM_IS_NULL)
		appendPQExpBuffer(text, " is %snull", not);
	else if (term->kind == TERM_EQUALS)
	{
		appendPQExpBufferStr(text, term->negated ? " <> " : " = ");
		append_quoted(text, term->other, '"');
	}
	else if (term->kind == TERM_IN || term->kind == TERM_STARTS)
	{
		appendPQExpBuffer(text, " %s%s ", not, term->kind == TERM_IN ? "in" : "starts");
		for (int i = 0; i < term->nvalues; i++)
		{
			appendPQExpBufferStr(text, i > 0 ? ", " : term->kind == TERM_IN ? "(" :
																			  "");
			append_quoted(text, term->values[i], '\'');
		}
		appendPQExpBufferStr(text, term->kind == TERM_IN ? ")" : "");
	}
}

static char *
write_condition(const HeadClause *clauses)
{
	static const char *const names[] = {"count: ", "failed: ", "covers: ", "undone: ",
										"unfinished: "};
	PQExpBufferData text;

	initPQExpBuffer(&text);
	for (; clauses; clauses = clauses->next)
	{
		appendPQExpBufferStr(&text, names[clauses->kind]);
		for (const HeadTerm *term = clauses->terms; term; term = term->next)
		{
			append_term(&text, term);
			appendPQExpBufferStr(&text, term->next ? " and " : "; ");
		}
	}
	return text.data;
}

/*
 * What was read, written down and read again, is the same.
 */
void
fuzz_one(char *text, size_t len)
{
	char	   *error;
	HeadClause *clauses = parse_head_condition(text, &error);
	char	   *written;
	HeadClause *again;

	MUST(clauses == NULL || error == NULL);
	MUST(len <= MAX_HEAD_CONDITION_LENGTH || error != NULL);
	if (clauses == NULL)
		return;
	for (const HeadClause *clause = clauses; clause; clause = clause->next)
		MUST(clause->terms != NULL && clause->terms->column != NULL);
	written = write_condition(clauses);
	if (strlen(written) > MAX_HEAD_CONDITION_LENGTH)
		return;
	again = parse_head_condition(written, &error);
	MUST(error == NULL && again != NULL);
	MUST(strcmp(written, write_condition(again)) == 0);
}
