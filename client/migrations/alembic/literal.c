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

static char *
append_character(char *to, unsigned int code)
{
	unicode_to_utf8(code, (unsigned char *) to);
	return to + pg_utf_mblen((unsigned char *) to);
}

/*
 * Decode what follows a backslash.  Returns how much that is, or -1 if it cannot be
 * decoded here, or be in a text of PostgreSQL: a null character, half a surrogate pair,
 * and what is no character.
 */
static int
decode_escape(char **to, const char *s)
{
	static const char simple[] = "\\\"bfnrt'av";
	static const char meaning[] = "\\\"\b\f\n\r\t'\a\v";
	const char *found = strchr(simple, *s);
	static const char sized[] = "xuU";
	const char *size = strchr(sized, *s);
	int			wanted = size ? 2 << (size - sized) : 0;
	bool		octal = *s >= '0' && *s <= '7';
	int			len = strspn(s + !octal, octal ? "01234567" : "0123456789abcdefABCDEF");
	unsigned long code;

	if (*s == '\n')
		return 1;
	if (*s == 'N' || len < wanted)
		return -1;				/* N is for a name of Unicode's database */
	if (!wanted && !octal)
	{
		*(*to)++ = found ? meaning[found - simple] : '\\';
		return found ? 1 : 0;
	}
	len = octal ? Min(len, 3) : wanted;
	code = strtoul(pnstrdup(s + !octal, len), NULL, octal ? 8 : 16);
	if (code == 0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
		return -1;
	*to = append_character(*to, code);
	return len + !octal;
}

/*
 * Append the text of a string, with its prefix.  Returns its end, or NULL if it is no
 * text or must be computed.
 */
static const char *
append_string(const Source *source, const char *s, char **to)
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
		bool		escape = *s == '\\' && !raw;
		int			len = escape && !source->is_toml ? decode_escape(to, s + 1) : 0;

		if (len < 0 || (escape && source->is_toml) || (formatted && (*s == '{' || *s == '}')) ||
			(IS_HIGHBIT_SET(*s) && source->encoding != PG_UTF8 && source->encoding != PG_LATIN1))
			return NULL;
		if (IS_HIGHBIT_SET(*s) && source->encoding == PG_LATIN1)
			*to = append_character(*to, (unsigned char) *s);
		else if (!escape)
			*(*to)++ = *s;
		/* what a backslash precedes is no end, in a raw string either */
		if (*s == '\\' && raw && !source->is_toml)
			*(*to)++ = *++s;
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
	/* none is longer than it is written, but those of other encodings */
	char	   *text = pg_malloc0(2 * (to - from) + 1);
	char	   *end = text;

	while (from && (from = skip_blanks(from)) < to)
	{
		const char *next = source->text + (from - source->code);

		next = *from == IN_STRING ? append_string(source, next, &end) : NULL;
		from = next ? source->code + (next - source->text) : NULL;
	}
	if (from == NULL)
		free(text);
	else
		value.kind = LITERAL_STRING;
	value.string = from ? text : NULL;
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
		from = Min(comma + 1, to);
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
