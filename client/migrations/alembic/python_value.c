/*-------------------------------------------------------------------------
 *
 * python_value.c
 *		The value of a Python expression that is a literal.
 *
 * None, strings, and sequences of them: all that a revision identifier can
 * be.  What has to be computed is unknown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "mb/pg_wchar.h"
#include "migrations/alembic/python_value.h"
#include "pqexpbuffer.h"

PyValue
py_unknown(int line, const char *why)
{
	return (PyValue) {.kind = PY_UNKNOWN, .line = line, .why = why};
}

/*
 * Find a token at a depth of brackets; "to" if there is none.
 */
int
py_find(const PyToken *tokens, int from, int to, const char *text, int depth)
{
	for (; from < to; from++)
	{
		const PyToken *token = &tokens[from];

		if (token->type == PY_OPERATOR && token->depth == depth && py_token_is(token, text))
			break;
	}
	return from;
}

/*
 * Returns false for what cannot be in a text of PostgreSQL: a null character,
 * half a surrogate pair, and what is no character.
 */
static bool
append_code_point(PQExpBuffer to, unsigned int code)
{
	unsigned char utf8[5] = {0};

	if (code == 0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
		return false;
	unicode_to_utf8(code, utf8);
	appendPQExpBufferStr(to, (char *) utf8);
	return true;
}

/*
 * Decode the digits of an escape.  Returns how many there are, or -1 if they
 * cannot be decoded here.
 */
static int
decode_digits(PQExpBuffer to, const char *s, int max, int base)
{
	unsigned int code = 0;
	int			len = 0;

	while (len < max && (isxdigit((unsigned char) s[len]) && (base == 16 || s[len] <= '7')))
	{
		char		c = pg_tolower(s[len]);

		code = code * base + (c >= 'a' ? c - 'a' + 10 : c - '0');
		len++;
	}
	return append_code_point(to, code) ? len : -1;
}

/*
 * Decode what follows a backslash.  Returns how much that is, or -1 if it
 * cannot be decoded here.
 */
static int
decode_escape(PQExpBuffer to, const char *s)
{
	static const char simple[] = "\\'\"abfnrtv";
	static const char meaning[] = "\\'\"\a\b\f\n\r\t\v";
	const char *found = *s ? strchr(simple, *s) : NULL;

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
append_string(const PyLexer *lexer, PQExpBuffer to, const PyToken *token)
{
	int			prefix = strcspn(token->start, "'\"");
	bool		raw = strcspn(token->start, "rR") < prefix;
	bool		formatted = strcspn(token->start, "fFtT") < prefix;
	int			quotes = token->len - prefix >= 6 &&
			token->start[prefix + 1] == token->start[prefix] &&
			token->start[prefix + 2] == token->start[prefix] ?
		3 :
		1;
	const char *s = token->start + prefix + quotes;
	const char *end = token->start + token->len - quotes;

	if (strcspn(token->start, "bBtT") < prefix)
		return false;
	while (s < end)
	{
		if (formatted && (*s == '{' || *s == '}'))
			return false;
		if (*s == '\\' && !raw)
		{
			int			len = decode_escape(to, s + 1);

			if (len < 0)
				return false;
			s += len + 1;
		}
		else if (IS_HIGHBIT_SET(*s) && lexer->encoding == PY_ASCII_SUPERSET)
			return false;
		else if (IS_HIGHBIT_SET(*s) && lexer->encoding == PY_LATIN1)
			append_code_point(to, (unsigned char) *s++);
		else
			appendPQExpBufferChar(to, *s++);
	}
	return true;
}

static PyValue
evaluate_strings(const PyLexer *lexer, const PyToken *tokens, int ntokens)
{
	PQExpBufferData text;
	PyValue		value = {.kind = PY_STR, .line = tokens[0].line};

	initPQExpBuffer(&text);
	for (int i = 0; i < ntokens; i++)
	{
		if (tokens[i].type != PY_STRING || !append_string(lexer, &text, &tokens[i]))
		{
			termPQExpBuffer(&text);
			return py_unknown(tokens[i].line, "not a literal string");
		}
	}
	value.string = text.data;
	return value;
}

/*
 * Evaluate what commas separate at the given depth.
 */
static PyValue
evaluate_sequence(const PyLexer *lexer, const PyToken *tokens, int ntokens, int depth, int line)
{
	PyValue		value = {.kind = PY_SEQUENCE, .line = line};

	for (int from = 0; from < ntokens;)
	{
		int			to = py_find(tokens, from, ntokens, ",", depth);
		PyValue		item = py_evaluate(lexer, tokens + from, to - from);

		if (to > from && py_token_is(&tokens[from], "*"))
			return py_unknown(line, "not a literal");
		value.items = pg_realloc(value.items, (value.nitems + 1) * sizeof(PyValue));
		value.items[value.nitems++] = item;
		from = to + 1;
	}
	return value;
}

/*
 * Evaluate an expression.
 */
PyValue
py_evaluate(const PyLexer *lexer, const PyToken *tokens, int ntokens)
{
	const PyToken *last;
	int			line;
	int			depth;
	bool		bracketed;

	if (ntokens == 0)
		return py_unknown(0, "not a literal");
	last = &tokens[ntokens - 1];
	line = tokens[0].line;
	depth = tokens[0].depth;
	if (py_find(tokens, 0, ntokens, ",", depth) < ntokens)
		return evaluate_sequence(lexer, tokens, ntokens, depth, line);
	if (ntokens == 1 && tokens[0].type == PY_NAME && py_token_is(&tokens[0], "None"))
		return (PyValue) {.kind = PY_NONE, .line = line};
	if (tokens[0].type == PY_STRING)
		return evaluate_strings(lexer, tokens, ntokens);

	bracketed = tokens[0].type == PY_OPERATOR && strchr("([{", *tokens[0].start) != NULL &&
		last->type == PY_OPERATOR && last->depth == depth && strchr(")]}", *last->start) != NULL;
	for (int i = 1; bracketed && i < ntokens - 1; i++)
		bracketed = tokens[i].depth > depth;
	if (!bracketed)
		return py_unknown(line, "not a literal");
	if (*tokens[0].start == '(' && ntokens > 2 &&
		py_find(tokens, 1, ntokens - 1, ",", depth + 1) == ntokens - 1)
		return py_evaluate(lexer, tokens + 1, ntokens - 2);
	return evaluate_sequence(lexer, tokens + 1, ntokens - 2, depth + 1, line);
}
