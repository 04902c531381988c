/*-------------------------------------------------------------------------
 *
 * literal.c
 *		The values that literals of Python and TOML stand for.
 *
 * None, strings, and sequences of them: all that a revision identifier can
 * be.  What has to be computed is unknown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "mb/pg_wchar.h"
#include "migrations/alembic/literal.h"

/*
 * Decode the digits of an escape.  Returns how many there are, or -1 for what
 * cannot be in a text of PostgreSQL: a null character, half a surrogate pair,
 * and what is no character.
 */
static int
decode_digits(PQExpBuffer to, const char *s, int max, int base)
{
	unsigned char utf8[5] = {0};
	unsigned int code = 0;
	int			len = 0;

	for (; len < max && isxdigit((unsigned char) s[len]) && (base == 16 || s[len] <= '7'); len++)
	{
		char		c = pg_tolower(s[len]);

		code = code * base + (c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	if (code == 0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
		return -1;
	appendPQExpBufferStr(to, (char *) unicode_to_utf8(code, utf8));
	return len;
}

/*
 * Decode what follows a backslash.  Returns how much that is, or -1 if it
 * cannot be decoded here.
 */
static int
decode_escape(const Lexer *lexer, PQExpBuffer to, const char *s)
{
	static const char simple[] = "\\\"bfnrt'av";
	static const char meaning[] = "\\\"\b\f\n\r\t'\a\v";
	const char *found = strchr(simple, *s);

	if (lexer->is_toml && strchr("\\\"bfnrtuU \t\n", *s) == NULL)
		return -1;
	if (lexer->is_toml && strchr(" \t\n", *s))
		return strspn(s, " \t\n");
	if (*s == '\n')
		return 1;
	if (found)
	{
		appendPQExpBufferChar(to, meaning[found - simple]);
		return 1;
	}
	switch (*s)
	{
		case 'N':				/* a name of Unicode's database */
			return -1;
		case 'x':
			return decode_digits(to, s + 1, 2, 16) == 2 ? 3 : -1;
		case 'u':
			return decode_digits(to, s + 1, 4, 16) == 4 ? 5 : -1;
		case 'U':
			return decode_digits(to, s + 1, 8, 16) == 8 ? 9 : -1;
	}
	if (*s >= '0' && *s <= '7')
		return decode_digits(to, s, 3, 8);
	appendPQExpBufferChar(to, '\\');
	return 0;
}

/*
 * Append the text of a string token.  Returns false if that is no text or
 * must be computed.
 */
static bool
append_string(const Lexer *lexer, const Token *token, PQExpBuffer to)
{
	const char *quote = token->start + strcspn(token->start, "'\"");
	const char *end = token->start + token->len;
	bool		triple = end - quote >= 6 && quote[1] == *quote && quote[2] == *quote;
	bool		raw = lexer->is_toml && *quote == '\'';
	bool		formatted = false;

	for (const char *c = token->start; c < quote; c++)
	{
		raw = raw || *c == 'r' || *c == 'R';
		formatted = formatted || *c == 'f' || *c == 'F';
		if (strchr("bBtT", *c))
			return false;
	}
	end -= triple ? 3 : 1;
	for (const char *s = quote + (triple ? 3 : 1); s < end; s++)
	{
		int			len = *s == '\\' && !raw ? decode_escape(lexer, to, s + 1) : 0;

		if (len < 0 || (formatted && (*s == '{' || *s == '}')) ||
			(lexer->is_opaque && IS_HIGHBIT_SET(*s)))
			return false;
		if (*s == '\\' && !raw)
			s += len;
		else if (*s != '\n' || !lexer->is_toml || s > quote + 3)
			appendPQExpBufferChar(to, *s);
	}
	return true;
}

Literal
unknown_literal(int line, const char *why)
{
	return (Literal) {.kind = LITERAL_UNKNOWN, .line = line, .why = why};
}

static Literal
evaluate_strings(const Lexer *lexer, const Token *tokens, int ntokens)
{
	PQExpBufferData text;
	Literal		value = {.kind = LITERAL_STRING, .line = tokens[0].line};
	const Token *wrong = NULL;

	initPQExpBuffer(&text);
	for (int i = 0; i < ntokens && wrong == NULL; i++)
	{
		if (tokens[i].type != TOKEN_STRING || !append_string(lexer, &tokens[i], &text))
			wrong = &tokens[i];
	}
	if (wrong)
		value = unknown_literal(wrong->line, "not a literal string");
	else
		value.string = pg_strdup(text.data);	/* the buffer takes more memory */
	termPQExpBuffer(&text);
	return value;
}

/*
 * Evaluate what commas separate.
 */
static Literal
evaluate_sequence(const Lexer *lexer, const Token *tokens, int ntokens, int line)
{
	Literal		value = {.kind = LITERAL_SEQUENCE, .line = line};

	for (int from = 0; from < ntokens;)
	{
		int			to = find_token(tokens, from, ntokens, ",", tokens[0].depth);

		value.items = pg_realloc(value.items, (value.nitems + 1) * sizeof(Literal));
		value.items[value.nitems++] = evaluate_literal(lexer, tokens + from, to - from);
		value.is_open = value.is_open || token_is(&tokens[from], "*");
		from = to + 1;
	}
	return value;
}

/*
 * Evaluate an expression or, as if it were one, what something is assigned to.
 */
Literal
evaluate_literal(const Lexer *lexer, const Token *tokens, int ntokens)
{
	Literal		value = unknown_literal(ntokens > 0 ? tokens[0].line : 0, "not a literal");
	bool		starred = ntokens > 1 && token_is(tokens, "*");
	int			depth = ntokens > 0 ? tokens[0].depth : 0;
	bool		bracketed;

	if (ntokens == 0)
		return value;
	if (find_token(tokens, 0, ntokens, ",", depth) < ntokens)
		return evaluate_sequence(lexer, tokens, ntokens, value.line);
	if (ntokens == 1 + starred && tokens[starred].type == TOKEN_WORD)
	{
		if (token_is(&tokens[starred], "None"))
			value.kind = LITERAL_SEQUENCE;	/* without items: both mean nothing */
		value.name = &tokens[starred];
		return value;
	}
	if (tokens[0].type == TOKEN_STRING)
		return evaluate_strings(lexer, tokens, ntokens);

	bracketed = tokens[0].type == TOKEN_OPERATOR && strchr("([{", *tokens[0].start) &&
		tokens[ntokens - 1].depth == depth;
	for (int i = 1; bracketed && i < ntokens - 1; i++)
		bracketed = tokens[i].depth > depth;
	if (!bracketed)
		return value;
	if (*tokens[0].start == '(' && ntokens > 2 &&
		find_token(tokens, 1, ntokens - 1, ",", depth + 1) == ntokens - 1)
		return evaluate_literal(lexer, tokens + 1, ntokens - 2);
	value = evaluate_sequence(lexer, tokens + 1, ntokens - 2, value.line);
	value.is_open = value.is_open || *tokens[0].start == '{';
	return value;
}
