/*-------------------------------------------------------------------------
 *
 * head_condition.c
 *		Read a head condition: clauses of terms, and never SQL.
 *
 *		condition	clause [[;] clause]...
 *		clause		count: | failed: | unfinished: | covers: | undone:,
 *					and terms joined by AND
 *		term		[not] col | col is [not] null | col = col | col <> col
 *					| col [not] in ('a', ...) | col [not] starts 'x'
 *
 * Keywords may be in any case, and names fold to lower case unless they are
 * quoted, as in SQL.  The extension evaluates what is read here, and the
 * client makes SQL of it, so both mean the same.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include "shared/head_condition.h"

typedef enum TokenKind
{
	TOKEN_END,
	TOKEN_WORD,					/* a keyword or a name */
	TOKEN_NAME,					/* a name in quotes */
	TOKEN_STRING,
	TOKEN_SYMBOL,
	TOKEN_WRONG					/* no token at all */
} TokenKind;

typedef struct Scanner
{
	const char *start;			/* of the current token */
	const char *end;
	TokenKind	kind;
	char	   *value;			/* of a word, folded, a name or a string */
	char	   *error;			/* what was wrong first, or NULL */
} Scanner;

static const char *const clause_names[] = {
	[CLAUSE_COUNT] = "count",
	[CLAUSE_FAILED] = "failed",
	[CLAUSE_COVERS] = "covers",
	[CLAUSE_UNDONE] = "undone",
	[CLAUSE_UNFINISHED] = "unfinished",
};

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '$' || (c & 0x80);
}

static const char *
skip_space(const char *s)
{
	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	return s;
}

static void
scan_word(Scanner *scanner)
{
	int			len = 0;

	while (is_word_char(scanner->start[len]))
		len++;
	scanner->end = scanner->start + len;
	scanner->value = palloc(len + 1);
	for (int i = 0; i < len; i++)
	{
		char		c = scanner->start[i];

		scanner->value[i] = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
	}
	scanner->value[len] = '\0';
	scanner->kind = TOKEN_WORD;
}

/*
 * A quote inside is written twice.
 */
static void
scan_quoted(Scanner *scanner, TokenKind kind)
{
	char		quote = *scanner->start;
	const char *s = scanner->start + 1;
	char	   *value = palloc(strlen(s) + 1);

	scanner->value = value;
	for (; *s != '\0'; s++)
	{
		if (*s == quote && *++s != quote)
		{
			*value = '\0';
			scanner->end = s;
			scanner->kind = kind;
			return;
		}
		*value++ = *s;
	}
	scanner->end = s;
	scanner->kind = TOKEN_WRONG;
}

static void
next_token(Scanner *scanner)
{
	char		c;

	scanner->start = skip_space(scanner->end);
	scanner->value = NULL;
	c = *scanner->start;
	if (c == '\0')
	{
		scanner->end = scanner->start;
		scanner->kind = TOKEN_END;
	}
	else if (c == '"')
		scan_quoted(scanner, TOKEN_NAME);
	else if (c == '\'')
		scan_quoted(scanner, TOKEN_STRING);
	else if (is_word_char(c))
		scan_word(scanner);
	else
	{
		scanner->kind = strchr("():;,=<", c) ? TOKEN_SYMBOL : TOKEN_WRONG;
		scanner->end = scanner->start + (strncmp(scanner->start, "<>", 2) == 0 ? 2 : 1);
	}
}

static void *
fail(Scanner *scanner, const char *wanted)
{
	if (scanner->error == NULL && scanner->kind == TOKEN_END)
		scanner->error = psprintf("It ends where %s is wanted.", wanted);
	else if (scanner->error == NULL)
		scanner->error = psprintf("It wants %s at \"%s\".", wanted, scanner->start);
	return NULL;
}

static bool
is_symbol(const Scanner *scanner, const char *symbol)
{
	return scanner->kind == TOKEN_SYMBOL &&
		scanner->end - scanner->start == strlen(symbol) &&
		strncmp(scanner->start, symbol, strlen(symbol)) == 0;
}

static bool
is_keyword(const Scanner *scanner, const char *keyword)
{
	return scanner->kind == TOKEN_WORD && strcmp(scanner->value, keyword) == 0;
}

static bool
accept_symbol(Scanner *scanner, const char *symbol)
{
	bool		accepted = is_symbol(scanner, symbol);

	if (accepted)
		next_token(scanner);
	return accepted;
}

static bool
accept_keyword(Scanner *scanner, const char *keyword)
{
	bool		accepted = is_keyword(scanner, keyword);

	if (accepted)
		next_token(scanner);
	return accepted;
}

/* True if a clause begins here. */
static bool
is_clause(const Scanner *scanner)
{
	return scanner->kind == TOKEN_WORD && *skip_space(scanner->end) == ':';
}

static char *
parse_column(Scanner *scanner)
{
	static const char *const keywords[] = {"and", "in", "is", "not", "null", "or", "starts"};
	char	   *column = scanner->value;

	if ((scanner->kind != TOKEN_WORD && scanner->kind != TOKEN_NAME) || is_clause(scanner))
		return fail(scanner, "a column");
	for (int i = 0; i < lengthof(keywords); i++)
	{
		if (is_keyword(scanner, keywords[i]))
			return fail(scanner, "a column");
	}
	next_token(scanner);
	return column;
}

static void
parse_string(Scanner *scanner, HeadTerm *term)
{
	if (scanner->kind != TOKEN_STRING)
	{
		fail(scanner, "a string in single quotes");
		return;
	}
	if (strlen(scanner->value) > MAX_HEAD_CONDITION_STRING)
	{
		scanner->error = psprintf("It has a string longer than %d bytes.",
								  MAX_HEAD_CONDITION_STRING);
		return;
	}
	term->values = term->values == NULL ? palloc(sizeof(char *)) :
										  repalloc(term->values, (term->nvalues + 1) * sizeof(char *));
	term->values[term->nvalues++] = scanner->value;
	next_token(scanner);
}

static void
parse_list(Scanner *scanner, HeadTerm *term)
{
	if (!accept_symbol(scanner, "("))
	{
		fail(scanner, "\"(\"");
		return;
	}
	do
		parse_string(scanner, term);
	while (scanner->error == NULL && accept_symbol(scanner, ","));
	if (!accept_symbol(scanner, ")"))
		fail(scanner, "\",\" or \")\"");
}

/*
 * What follows the column of a term.
 */
static void
parse_predicate(Scanner *scanner, HeadTerm *term)
{
	bool		negated = false;

	if (accept_keyword(scanner, "is"))
	{
		term->kind = TERM_IS_NULL;
		term->negated = accept_keyword(scanner, "not");
		if (!accept_keyword(scanner, "null"))
			fail(scanner, "\"null\"");
		return;
	}
	if (is_symbol(scanner, "=") || is_symbol(scanner, "<>"))
	{
		term->kind = TERM_EQUALS;
		term->negated = is_symbol(scanner, "<>");
		next_token(scanner);
		term->other = parse_column(scanner);
		return;
	}
	negated = accept_keyword(scanner, "not");
	if (is_keyword(scanner, "in") || is_keyword(scanner, "starts"))
	{
		term->kind = is_keyword(scanner, "in") ? TERM_IN : TERM_STARTS;
		term->negated = negated;
		next_token(scanner);
		if (term->kind == TERM_IN)
			parse_list(scanner, term);
		else
			parse_string(scanner, term);
	}
	else if (negated)
		fail(scanner, "\"in\" or \"starts\"");
}

static HeadTerm *
parse_term(Scanner *scanner)
{
	HeadTerm   *term = palloc0(sizeof(HeadTerm));

	if (accept_keyword(scanner, "not"))
	{
		term->negated = true;
		term->column = parse_column(scanner);
		return term;
	}
	term->column = parse_column(scanner);
	if (scanner->error == NULL)
		parse_predicate(scanner, term);
	return term;
}

static HeadClause *
parse_clause(Scanner *scanner)
{
	HeadClause *clause = palloc0(sizeof(HeadClause));
	HeadTerm  **next = &clause->terms;
	int			kind = 0;

	while (kind < lengthof(clause_names) && !is_keyword(scanner, clause_names[kind]))
		kind++;
	if (kind == lengthof(clause_names) || !is_clause(scanner))
		return fail(scanner, "\"count:\", \"failed:\", \"unfinished:\", \"covers:\" or \"undone:\"");
	clause->kind = kind;
	next_token(scanner);
	next_token(scanner);
	do
	{
		*next = parse_term(scanner);
		next = &(*next)->next;
	} while (scanner->error == NULL && accept_keyword(scanner, "and"));

	if (scanner->error == NULL && !accept_symbol(scanner, ";") &&
		scanner->kind != TOKEN_END && !is_clause(scanner))
		fail(scanner, "\"and\", \";\" or another clause");
	return clause;
}

bool
has_clause(const HeadClause *clauses, HeadClauseKind kind)
{
	for (; clauses; clauses = clauses->next)
	{
		if (clauses->kind == kind)
			return true;
	}
	return false;
}

/*
 * The name of a clause that compares rows with each other; NULL if there is none.
 */
const char *
clause_needing_order(const HeadClause *clauses)
{
	for (; clauses; clauses = clauses->next)
	{
		if (clauses->kind == CLAUSE_COVERS || clauses->kind == CLAUSE_UNFINISHED)
			return clause_names[clauses->kind];
	}
	return NULL;
}

/*
 * Read a condition.  NULL if it says nothing, or is none: then *error tells
 * why, as a sentence.  Only "count" may not be given more than once; of others one
 * that holds is enough.
 */
HeadClause *
parse_head_condition(const char *text, char **error)
{
	HeadClause *clauses = NULL;
	HeadClause **last = &clauses;
	Scanner		scanner = {.end = text};

	*error = NULL;
	if (strlen(text) > MAX_HEAD_CONDITION_LENGTH)
	{
		*error = psprintf("It is longer than %d bytes.", MAX_HEAD_CONDITION_LENGTH);
		return NULL;
	}
	next_token(&scanner);
	while (scanner.kind != TOKEN_END && scanner.error == NULL)
	{
		HeadClause *clause = parse_clause(&scanner);

		if (scanner.error == NULL && clause->kind == CLAUSE_COUNT &&
			has_clause(clauses, clause->kind))
			scanner.error = psprintf("It has more than one clause \"%s\".",
									 clause_names[clause->kind]);
		*last = clause;
		if (scanner.error == NULL)
			last = &clause->next;
	}
	*error = scanner.error;
	return scanner.error ? NULL : clauses;
}
