/*-------------------------------------------------------------------------
 *
 * source.c
 *		Python or TOML without its strings and comments.
 *
 * This follows section 2 of the Python language reference, "Lexical
 * analysis", as far as it matters for what a file assigns: strings and
 * comments must not be taken for code, nor one logical line for two.  TOML's
 * strings differ a little, and what else it has is read alike.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "mb/pg_wchar.h"
#include "migrations/alembic/source.h"

/* As Python's MAXLEVEL in its tokenizer. */
#define MAX_BRACKETS 200

/* clang-format off */
const unsigned char byte_classes[256] = {
	['a' ... 'z'] = WORD, ['A' ... 'Z'] = WORD, ['0' ... '9'] = WORD, ['_'] = WORD,
	[0x80 ... 0xFF] = WORD,
	['('] = OPENING | IN_CODE, ['['] = OPENING | IN_CODE, ['{'] = OPENING | IN_CODE | IN_TEXT,
	[')'] = CLOSING | IN_CODE, [']'] = CLOSING | IN_CODE, ['}'] = CLOSING | IN_CODE | IN_TEXT,
	['"'] = IN_CODE | IN_TEXT, ['\''] = IN_CODE | IN_TEXT, ['\\'] = IN_CODE | IN_TEXT,
	['\n'] = IN_CODE | IN_TEXT, ['\0'] = IN_CODE | IN_TEXT,
	[' '] = BLANK, ['\t'] = BLANK, ['\f'] = BLANK,
	['#'] = IN_CODE, [':'] = IN_CODE,
	/* invalid */
	['$'] = IN_CODE, ['?'] = IN_CODE, ['`'] = IN_CODE,
	['\001' ... '\b'] = IN_CODE, ['\016' ... '\037'] = IN_CODE};
/* clang-format on */

/* A string, or what of an f-string is around a replacement field. */
typedef struct String
{
	char		quote;			/* '\0' for none */
	bool		triple;
	bool		raw;
	bool		formatted;
	bool		in_format;		/* behind the colon of a replacement field */
	const char *start;
} String;

typedef struct Bracket
{
	const char *at;
	String		around;			/* of a replacement field, which it opens */
} Bracket;

typedef struct Brackets
{
	Bracket		open[MAX_BRACKETS];
	int			depth;
} Brackets;

static char *
fail(Source *source, const char *at, const char *error)
{
	source->error = error;
	source->error_at = source->text + (at - source->code);
	return NULL;
}

/*
 * The number of the line, from 1.
 */
int
line_at(const char *text, const char *at)
{
	int			line = 1;

	while ((text = memchr(text, '\n', at - text)) != NULL)
	{
		line++;
		text++;
	}
	return line;
}

/*
 * All line ends count, and become "\n", also within strings.
 */
static size_t
unify_line_ends(char *text, size_t len)
{
	char	   *first = memchr(text, '\r', len);
	size_t		to = first ? first - text : len;

	for (size_t from = to; from < len; from++)
	{
		if (text[from] == '\r' && text[from + 1] == '\n')
			continue;
		text[to++] = text[from] == '\r' ? '\n' : text[from];
	}
	text[to] = '\0';
	return to;
}

/*
 * The encoding that a comment in one of the first two lines declares (PEP
 * 263); -1 if it is not known.
 */
static int
declared_encoding(const char *line)
{
	for (int i = 0; i < 2; i++)
	{
		const char *eol = line + strcspn(line, "\n");
		const char *s = line + strspn(line, " \t\f");

		if (*s != '#' && s != eol)
			break;
		while ((s = memmem(s, eol - s, "coding", 6)) != NULL)
		{
			char	   *name;

			s += 6;
			if (*s != ':' && *s != '=')
				continue;
			s += 1 + strspn(s + 1, " \t");
			name = pnstrdup(s, strspn(s, "-_.0123456789abcdefghijklmnopqrstuvwxyz"
										 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
			if (strncasecmp(name, "utf", 3) == 0)
				return PG_UTF8;
			if (strcasestr(name, "ascii"))
				return PG_SQL_ASCII;
			if (strncasecmp(name, "cp", 2) == 0)
				return pg_char_to_encoding(psprintf("win%s", name + 2));
			if (*name)
				return pg_char_to_encoding(name);
		}
		line = *eol ? eol + 1 : eol;
	}
	return PG_UTF8;
}

/*
 * Of the encodings that differ from ASCII only above it, as those of servers do, none
 * needs decoding as long as the values that we want are ASCII.
 */
static void
check_encoding(Source *source, size_t len, bool bom)
{
	int			encoding = source->is_toml ? PG_UTF8 : declared_encoding(source->text);
	size_t		valid = len;

	source->encoding = encoding;
	if (encoding == PG_UTF8)
		valid = pg_encoding_verifymbstr(PG_UTF8, source->code, len);
	if (valid < len)
		fail(source, source->code + valid, "the source is not valid UTF-8");
	else if (bom && encoding != PG_UTF8)
		fail(source, source->code, "the declared encoding contradicts the byte order mark");
	else if (!PG_VALID_BE_ENCODING(encoding))
		fail(source, source->code, "unsupported source encoding");
}

static char *
open_bracket(Source *source, Brackets *brackets, char *s, String around)
{
	if (brackets->depth == MAX_BRACKETS)
		return fail(source, s,
					around.quote ? "too many nested f-strings" : "too many nested brackets");
	brackets->open[brackets->depth++] = (Bracket) {s, around};
	return s + 1;
}

/*
 * Blank out the text of a string, up to its end or past the brace of a replacement field;
 * in the format of such a field, up to the end of that.
 */
static char *
skip_text(Source *source, Brackets *brackets, char *s, String string)
{
	char	   *from = s;
	bool		escapes = !source->is_toml || string.quote == '"';

	for (;; s++)
	{
		while (!is_a(*s, IN_TEXT))
			s++;
		if (*s == '\0' || (*s == '\n' && !string.triple))
			return fail(source, string.start, "unterminated string");
		if (*s == '\\' && escapes && !(string.formatted && s[1] == '{'))
		{
			/* a character's name in braces is no field */
			if (s[1] == 'N' && s[2] == '{' && !string.raw)
				s++;
			s += s[1] != '\0';
		}
		/* TOML has a string end in the last three quotes of a row */
		else if (*s == string.quote &&
				 (!string.triple || (s[1] == *s && s[2] == *s && !(source->is_toml && s[3] == *s))))
		{
			s += string.triple ? 3 : 1;
			break;
		}
		else if (*s == '{' && s[1] == '{' && !string.in_format)
			s++;
		else if (*s == '{' && string.formatted)
		{
			memset(from, IN_STRING, s - from);
			return open_bracket(source, brackets, s, string);
		}
		else if (*s == '}' && string.in_format)
			break;
	}
	memset(from, IN_STRING, s - from);
	return s;
}

/*
 * Blank out a string and its prefix: of two letters one is an R, and the other neither that
 * nor a U.
 */
static char *
skip_string(Source *source, Brackets *brackets, char *s)
{
	String		string = {.quote = *s, .triple = s[1] == *s && s[2] == *s, .start = s};
	int			quotes = string.triple ? 3 : 1;
	char	   *prefix = s;
	int			raws = 0;

	while (prefix > source->code && is_a(prefix[-1], WORD))
		prefix--;
	if (prefix < s && strspn(prefix, "rRuUbBfFtT") < s - prefix)
		prefix = s;				/* a keyword */
	for (const char *c = prefix; c < s; c++)
	{
		raws += *c == 'r' || *c == 'R';
		string.formatted = string.formatted || strchr("fFtT", *c);
		if (s - prefix > 2 || (s - prefix == 2 && strchr("uU", *c)))
			return fail(source, prefix, "invalid syntax");
	}
	if (s - prefix == 2 && raws != 1)
		return fail(source, prefix, "invalid syntax");
	string.raw = raws > 0;
	memset(prefix, IN_STRING, s + quotes - prefix);
	return skip_text(source, brackets, s + quotes, string);
}

static char *
close_bracket(Source *source, Brackets *brackets, char *s)
{
	char		opening = *s == ')' ? '(' : *s == ']' ? '[' :
												 '{';
	String		around;

	if (brackets->depth == 0 || *brackets->open[brackets->depth - 1].at != opening)
		return fail(source, s, "unmatched bracket");
	around = brackets->open[--brackets->depth].around;
	return around.quote ? skip_text(source, brackets, s + 1, around) : s + 1;
}

/*
 * Put blanks for comments and for line ends within a logical line, and IN_STRING for
 * strings, but not for the expressions in them, which may bind names like any other.
 */
static void
blank_out(Source *source)
{
	Brackets	brackets;
	char	   *s = source->code;
	size_t		len;

	brackets.depth = 0;
	while (s)
	{
		const Bracket *top = brackets.depth > 0 ? &brackets.open[brackets.depth - 1] : NULL;

		while (!is_a(*s, IN_CODE))
			s++;
		if (*s == '\0' && top)
			fail(source, top->at, "a bracket was never closed");
		if (*s == '\0')
			break;
		if (is_a(*s, OPENING))
			s = open_bracket(source, &brackets, s, (String) {'\0'});
		else if (is_a(*s, CLOSING))
			s = close_bracket(source, &brackets, s);
		else if (*s == '"' || *s == '\'')
			s = skip_string(source, &brackets, s);
		else if (*s == ':' && top && top->around.quote)
		{
			String		format = top->around;

			format.in_format = true;
			s = skip_text(source, &brackets, s + 1, format);
		}
		else if (*s == '#' || *s == ':' || *s == '\n' || (*s == '\\' && s[1] == '\n'))
		{
			len = *s == '#' ? strcspn(s, "\n") : *s == '\\' ? 2 :
															  1;
			if (*s == '#' || *s == '\\' || (*s == '\n' && top))
				memset(s, ' ', len);
			s += len;
		}
		else
			fail(source, s, "invalid character");
		if (source->error)
			break;
	}
}

/*
 * Read a text, which has room for a null byte after it, and is changed.
 */
void
read_source(Source *source, char *text, size_t len, bool is_toml)
{
	bool		bom = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;

	text[len] = '\0';
	len = unify_line_ends(text, len) - (bom ? 3 : 0);
	*source = (Source) {.text = bom ? text + 3 : text, .is_toml = is_toml};
	source->code = pg_malloc(len + 1);
	memcpy(source->code, source->text, len + 1);
	if (strlen(source->code) < len)
		fail(source, source->code, "the source contains null bytes");
	else
		check_encoding(source, len, bom);
	if (source->error == NULL)
		blank_out(source);
}
