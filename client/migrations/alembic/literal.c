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
#include "migrations/alembic/source.h"
#include "pqexpbuffer.h"

/*
 * Find a character that is outside of brackets; "to" if there is none.
 */
const char *
find_outside(const char *from, const char *to, char c)
{
	int			depth = 0;

	for (; from < to && (depth > 0 || *from != c); from++)
	{
		if (is_a(*from, OPENING))
			depth++;
		else if (is_a(*from, CLOSING))
			depth--;
	}
	return from;
}

Literal
unknown_literal(const Source *source, const char *at, const char *why)
{
	return (Literal) {
		.kind = LITERAL_UNKNOWN, .at = source->text + (at - source->code), .why = why};
}

/*
 * Decode the digits of an escape.  Returns how many there are, or -1 for what
 * cannot be in a text of PostgreSQL: a null character, half a surrogate pair,
 * and what is no character.
 */
static int
decode_digits(PQExpBuffer to, const char *s, int max, int base)
{
	unsigned char utf8[5] = {0};
	int			len = Min(max, strspn(s, base == 8 ? "01234567" : "0123456789abcdefABCDEF"));
	char	   *digits = pnstrdup(s, len);
	unsigned long code = strtoul(digits, NULL, base);

	free(digits);
	if ((base == 16 && len < max) || code == 0 || (code >= 0xD800 && code <= 0xDFFF) ||
		code > 0x10FFFF)
		return -1;
	appendPQExpBufferStr(to, (char *) unicode_to_utf8(code, utf8));
	return len;
}

/*
 * Decode what follows a backslash.  Returns how much that is, or -1 if it
 * cannot be decoded here.
 */
static int
decode_escape(PQExpBuffer to, const char *s)
{
	static const char simple[] = "\\\"bfnrt'av";
	static const char meaning[] = "\\\"\b\f\n\r\t'\a\v";
	const char *found = strchr(simple, *s);
	int			digits = *s == 'x' ? 2 : *s == 'u' ? 4 :
		*s == 'U'						   ? 8 :
											 0;

	if (*s == 'N')				/* a name of Unicode's database */
		return -1;
	if (digits)
		return decode_digits(to, s + 1, digits, 16) < 0 ? -1 : digits + 1;
	if (*s >= '0' && *s <= '7')
		return decode_digits(to, s, 3, 8);
	if (*s == '\n')
		return 1;
	appendPQExpBufferChar(to, found ? meaning[found - simple] : '\\');
	return found ? 1 : 0;
}

/*
 * Append the text of a string, with its prefix.  Returns its end, or NULL if it is no
 * text or must be computed.
 */
static const char *
append_string(const Source *source, const char *s, PQExpBuffer to)
{
	const char *quote = s + strcspn(s, "'\"");
	bool		triple = quote[1] == *quote && quote[2] == *quote;
	bool		raw = source->is_toml && *quote == '\'';
	bool		formatted = false;

	for (; s < quote; s++)
	{
		raw = raw || *s == 'r' || *s == 'R';
		formatted = formatted || *s == 'f' || *s == 'F';
		if (strchr("bBtT", *s))
			return NULL;
	}
	for (s += triple ? 3 : 1; *s != *quote ||
		 (triple && (s[1] != *s || s[2] != *s || (source->is_toml && s[3] == *s)));
		 s++)
	{
		unsigned char utf8[5] = {*s};
		bool		high = IS_HIGHBIT_SET(*s);
		int			len = 0;

		if (*s == '\\' && !raw)
			len = source->is_toml ? -1 : decode_escape(to, s + 1);
		if (len < 0 || (formatted && (*s == '{' || *s == '}')) ||
			(high && source->encoding != PG_UTF8 && source->encoding != PG_LATIN1))
			return NULL;
		if (high && source->encoding == PG_LATIN1)
			unicode_to_utf8((unsigned char) *s, utf8);
		if (*s != '\\' || raw)
			appendPQExpBufferStr(to, (char *) utf8);
		/* what a backslash precedes is no end, in a raw string either */
		if (*s == '\\' && raw && !source->is_toml)
			appendPQExpBufferChar(to, *++s);
		s += len;
	}
	return s + (triple ? 3 : 1);
}

/*
 * Evaluate strings that follow each other.
 */
static Literal
evaluate_strings(const Source *source, const char *from, const char *to, Literal value)
{
	PQExpBufferData text;

	initPQExpBuffer(&text);
	while (from && from < to)
	{
		if (*from == IN_STRING)
		{
			const char *end =
				append_string(source, source->text + (from - source->code), &text);

			from = end ? source->code + (end - source->text) : NULL;
		}
		else
			from = is_a(*from, BLANK) ? from + 1 : NULL;
	}
	if (from)
	{
		value.kind = LITERAL_STRING;
		value.string = pg_strdup(text.data);	/* the buffer takes more memory */
	}
	termPQExpBuffer(&text);
	return value;
}

/*
 * Evaluate what commas separate.
 */
static Literal
evaluate_sequence(const Source *source, const char *from, const char *to, Literal value)
{
	value.kind = LITERAL_SEQUENCE;
	while ((from = skip_blanks(from)) < to)
	{
		const char *comma = find_outside(from, to, ',');

		value.items = pg_realloc(value.items, (value.nitems + 1) * sizeof(Literal));
		value.items[value.nitems++] = evaluate_literal(source, from, comma);
		value.is_open = value.is_open || *from == '*';
		from = comma + 1;
	}
	return value;
}

/*
 * Evaluate an expression or, as if it were one, what something is assigned to.
 */
Literal
evaluate_literal(const Source *source, const char *from, const char *to)
{
	Literal		value;
	size_t		len;

	from = skip_blanks(from);
	while (to > from && is_a(to[-1], BLANK))
		to--;
	value = unknown_literal(source, from, "not a literal");
	if (from >= to)
		return value;
	if (find_outside(from, to, ',') < to)
		return evaluate_sequence(source, from, to, value);
	if (is_a(*from, OPENING))
	{
		char		closing = *from == '(' ? ')' : *from == '[' ? ']' :
														   '}';
		const char *inner = skip_blanks(from + 1);

		if (find_outside(from + 1, to, closing) != to - 1)
			return value;
		if (*from == '(' && inner < to - 1 && find_outside(inner, to - 1, ',') == to - 1)
			return evaluate_literal(source, inner, to - 1);
		value = evaluate_sequence(source, inner, to - 1, value);
		value.is_open = value.is_open || *from == '{';
		return value;
	}
	if (*from == IN_STRING)
		return evaluate_strings(source, from, to, value);
	if (*from == '*')
		from = skip_blanks(from + 1);
	for (len = 0; from + len < to && is_a(from[len], WORD); len++)
		;
	if (len > 0 && from + len == to)
	{
		if (len == 4 && memcmp(from, "None", 4) == 0)
			value.kind = LITERAL_SEQUENCE;	/* without items: both mean nothing */
		value.name = from;
		value.name_len = len;
	}
	return value;
}
