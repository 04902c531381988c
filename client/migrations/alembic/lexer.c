/*-------------------------------------------------------------------------
 *
 * lexer.c
 *		Split Python or TOML into logical lines of tokens.
 *
 * This follows section 2 of the Python language reference, "Lexical
 * analysis", as far as it matters for what a file assigns: strings and
 * comments must not be taken for code, nor one logical line for two.  TOML's
 * strings differ a little, and what else it has is lexed alike.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "mb/pg_wchar.h"
#include "migrations/alembic/lexer.h"

/* What a byte may be. */
#define WORD 1					/* part of a word or number */
#define OPERATOR 2
#define BRACKET 4
#define DOUBLED 8				/* an operator, with itself again */
#define AUGMENTED 16			/* an operator, with "=" after it */
#define SPECIAL 32				/* what may end a string, or is no part of its text */
#define BETWEEN 64				/* what is between tokens, or begins that */
#define QUOTE 128				/* what begins and ends a string */

static const unsigned char classes[256] = {
	['a' ... 'z'] = WORD,
	['A' ... 'Z'] = WORD,
	['0' ... '9'] = WORD,
	['_'] = WORD,
	[0x80 ... 0xFF] = WORD,
	['('] = OPERATOR | BRACKET,
	[')'] = OPERATOR | BRACKET,
	['['] = OPERATOR | BRACKET,
	[']'] = OPERATOR | BRACKET,
	['{'] = OPERATOR | BRACKET | SPECIAL,
	['}'] = OPERATOR | BRACKET,
	['*'] = OPERATOR | DOUBLED | AUGMENTED,
	['/'] = OPERATOR | DOUBLED | AUGMENTED,
	['<'] = OPERATOR | DOUBLED | AUGMENTED,
	['>'] = OPERATOR | DOUBLED | AUGMENTED,
	['+'] = OPERATOR | AUGMENTED,
	['-'] = OPERATOR | AUGMENTED,
	['%'] = OPERATOR | AUGMENTED,
	['@'] = OPERATOR | AUGMENTED,
	['&'] = OPERATOR | AUGMENTED,
	['|'] = OPERATOR | AUGMENTED,
	['^'] = OPERATOR | AUGMENTED,
	['='] = OPERATOR | AUGMENTED,
	[':'] = OPERATOR | AUGMENTED,
	['!'] = AUGMENTED,
	['"'] = SPECIAL | QUOTE,
	['\''] = SPECIAL | QUOTE,
	['\\'] = SPECIAL | BETWEEN,
	['\n'] = SPECIAL | BETWEEN,
	['\0'] = SPECIAL | BETWEEN,
	[' '] = BETWEEN,
	['\t'] = BETWEEN,
	['\f'] = BETWEEN,
	['#'] = BETWEEN,
	['~'] = OPERATOR,
	[','] = OPERATOR,
	['.'] = OPERATOR,
	[';'] = OPERATOR};

/* Apart from scan_word(), which most often has nothing to do with it. */
static pg_noinline bool scan_string(Lexer *lexer, const char *prefix);

static bool
is_a(char c, int class)
{
	return (classes[(unsigned char) c] & class) != 0;
}

static bool
fail(Lexer *lexer, int line, const char *error)
{
	if (lexer->error == NULL)
	{
		lexer->error = error;
		lexer->error_line = line;
	}
	return false;
}

/*
 * Find an operator at a depth of brackets; "to" if there is none.
 */
int
find_token(const Token *tokens, int from, int to, const char *text, int depth)
{
	for (; from < to; from++)
	{
		const Token *token = &tokens[from];

		if (token->type == TOKEN_OPERATOR && token->depth == depth && token_is(token, text))
			break;
	}
	return from;
}

/*
 * All line ends count, and become "\n", also within strings.
 */
static size_t
unify_line_ends(char *text, size_t to, size_t len)
{
	for (size_t from = to; from < len; from++)
	{
		if (text[from] == '\r' && from + 1 < len && text[from + 1] == '\n')
			continue;
		text[to++] = text[from] == '\r' ? '\n' : text[from];
	}
	text[to] = '\0';
	return to;
}

/*
 * The encoding that a comment in one of the first two lines declares (PEP
 * 263), in lower case and with dashes.
 */
static char *
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
			for (char *c = name; *c; c++)
				*c = *c == '_' ? '-' : pg_tolower(*c);
			if (*name)
				return name;
		}
		line = *eol ? eol + 1 : eol;
	}
	return pg_strdup("utf-8");
}

static void
decode_latin1(Lexer *lexer)
{
	char	   *to = pg_malloc(2 * (lexer->end - lexer->next) + 1);
	const char *from = lexer->next;

	lexer->next = to;
	for (; *from; from++)
	{
		unicode_to_utf8((unsigned char) *from, (unsigned char *) to);
		to += IS_HIGHBIT_SET(*from) ? 2 : 1;
	}
	*to = '\0';
	lexer->end = to;
}

static void
check_utf8(Lexer *lexer)
{
	int			len = lexer->end - lexer->next;
	int			valid = pg_encoding_verifymbstr(PG_UTF8, lexer->next, len);
	int			line = 1;

	for (int i = 0; i < valid && valid < len; i++)
		line += lexer->next[i] == '\n';
	if (valid < len)
		fail(lexer, line, "the source is not valid UTF-8");
}

/*
 * Of the encodings that differ from ASCII only above it, most need no decoding
 * as long as the values that we want are ASCII.
 */
static void
decode(Lexer *lexer, bool bom)
{
	static const char *const supersets[] = {"ascii", "us-ascii", "iso-8859-", "latin-", "cp125",
											"windows-125", "koi8-", "euc-", "gb2312"};
	char	   *name = lexer->is_toml ? pg_strdup("utf-8") : declared_encoding(lexer->next);

	if (strcmp(name, "utf8") == 0 || strcmp(name, "utf-8") == 0 || strncmp(name, "utf-8-", 6) == 0)
		check_utf8(lexer);
	else if (bom)
		fail(lexer, 1, "the declared encoding contradicts the byte order mark");
	else if (strcmp(name, "latin-1") == 0 || strcmp(name, "latin1") == 0 ||
			 strcmp(name, "iso-8859-1") == 0 || strcmp(name, "iso8859-1") == 0)
		decode_latin1(lexer);
	else
	{
		for (int i = 0; i < lengthof(supersets) && !lexer->is_opaque; i++)
			lexer->is_opaque = strncmp(name, supersets[i], strlen(supersets[i])) == 0;
		if (!lexer->is_opaque)
			fail(lexer, 1, "unsupported source encoding");
	}
	free(name);
}

/*
 * Begin to read a text, which has room for a null byte after it, and is
 * changed.
 */
void
lexer_init(Lexer *lexer, char *text, size_t len, bool is_toml)
{
	bool		bom = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
	size_t		usual;			/* what has no other line end, nor a null byte: mostly all */

	*lexer = (Lexer) {.line = 1, .is_toml = is_toml};
	text[len] = '\0';
	usual = strcspn(text, "\r");
	len = unify_line_ends(text, usual, len);
	lexer->next = bom ? text + 3 : text;
	lexer->end = text + len;
	if (memchr(text + usual, '\0', len - usual))
		fail(lexer, 1, "the source contains null bytes");
	else
		decode(lexer, bom);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Whether a word, which a quote follows, is the prefix of a string.  Of two
 * letters one is an R, and the other neither that nor a U.
 */
static bool
is_prefix(const Lexer *lexer, const char *s, int len)
{
	if (lexer->is_toml || len > 2)
		return len == 0;
	return len == 0 || (len == 1 && strchr("rRuUbBfFtT", *s)) ||
		(len == 2 && strchr("rR", s[0]) && strchr("bBfFtT", s[1])) ||
		(len == 2 && strchr("rR", s[1]) && strchr("bBfFtT", s[0]));
}

/*
 * Skip a word, and the string of which it is the prefix.
 */
static bool
scan_word(Lexer *lexer, TokenType *type)
{
	const char *start = lexer->next;
	const char *s = start;

	*type = is_digit(*start) || *start == '.' ? TOKEN_NUMBER : TOKEN_WORD;
	while (is_a(*s, WORD) || (*s == '.' && *type == TOKEN_NUMBER))
		s++;
	lexer->next = s;
	if (!is_a(*s, QUOTE) || !is_prefix(lexer, start, s - start))
		return true;
	*type = TOKEN_STRING;
	return scan_string(lexer, start);
}

/*
 * Skip a replacement field of an f-string, after its "{".  Since 3.12 it may
 * hold any expression, strings in the same quotes included.
 */
static bool
scan_replacement_field(Lexer *lexer)
{
	int			line = lexer->line;
	int			depth = 0;
	bool		in_format = false;
	TokenType	type;

	if (++lexer->fields > MAX_FIELDS)
		return fail(lexer, line, "too many nested f-strings");
	while (*lexer->next)
	{
		char		c = *lexer->next;

		if (!in_format && is_a(c, WORD | QUOTE))
		{
			if (!scan_word(lexer, &type))
				return false;
			continue;
		}
		lexer->next++;
		if (c == '\n')
			lexer->line++;
		else if (in_format && c == '{')
		{
			if (!scan_replacement_field(lexer))
				return false;
		}
		else if (c == '(' || c == '[' || c == '{')
			depth++;
		else if (c == '}' && depth == 0)
		{
			lexer->fields--;
			return true;
		}
		else if (c == ')' || c == ']' || c == '}')
			depth--;
		else if (c == ':' && depth == 0)
			in_format = true;
	}
	return fail(lexer, line, "unterminated f-string");
}

/*
 * Skip a string, whose quote is next.
 */
static bool
scan_string(Lexer *lexer, const char *prefix)
{
	const char *s = lexer->next;
	int			line = lexer->line;
	bool		formatted = false;
	char		quote = *s;
	bool		triple = s[1] == quote && s[2] == quote;
	bool		escapes = !lexer->is_toml || quote == '"';

	for (; prefix < s; prefix++)
		formatted = formatted || strchr("fFtT", *prefix);
	for (s += triple ? 3 : 1;; s++)
	{
		bool		is_last;

		while (!is_a(*s, SPECIAL))
			s++;
		if (*s == '\0' || (*s == '\n' && !triple))
			break;
		/* TOML has a string end in the last three quotes of a row */
		is_last = !lexer->is_toml || s[1] != quote || s[2] != quote || s[3] != quote;
		if (*s == quote && (!triple || (s[1] == quote && s[2] == quote && is_last)))
		{
			lexer->next = s + (triple ? 3 : 1);
			return true;
		}
		if (*s == '\n' || (escapes && *s == '\\' && s[1] == '\n'))
			lexer->line++;
		if ((escapes && *s == '\\' && s[1]) || (formatted && *s == '{' && s[1] == '{'))
			s++;
		else if (formatted && *s == '{')
		{
			lexer->next = s + 1;
			if (!scan_replacement_field(lexer))
				return false;
			s = lexer->next - 1;
		}
	}
	return fail(lexer, line, "unterminated string");
}

/*
 * Keep account of the brackets.  Returns the depth of the bracket itself.
 */
static int
note_bracket(Lexer *lexer, char c)
{
	char		opening = c == ')' ? '(' : c == ']' ? '[' :
											   '{';

	if (c == '(' || c == '[' || c == '{')
	{
		if (lexer->depth == MAX_BRACKETS)
			return fail(lexer, lexer->line, "too many nested brackets");
		lexer->open[lexer->depth].bracket = c;
		lexer->open[lexer->depth].line = lexer->line;
		return lexer->depth++;
	}
	if (lexer->depth == 0 || lexer->open[lexer->depth - 1].bracket != opening)
		return fail(lexer, lexer->line, "unmatched bracket");
	return --lexer->depth;
}

static int
operator_length(const char *s)
{
	int			len = s[1] == *s && is_a(*s, DOUBLED) ? 2 : 1;

	if (s[len] == '=' && is_a(*s, AUGMENTED))
		return len + 1;
	return is_a(*s, OPERATOR) ? len : 0;
}

static bool
scan_token(Lexer *lexer)
{
	const char *start = lexer->next;
	Token	   *token;

	if (lexer->ntokens == lexer->allocated)
	{
		lexer->allocated = Max(lexer->allocated * 2, 64);
		lexer->tokens = pg_realloc(lexer->tokens, lexer->allocated * sizeof(Token));
	}
	token = &lexer->tokens[lexer->ntokens++];
	*token = (Token) {.start = start, .line = lexer->line, .depth = lexer->depth};
	if (is_a(*start, WORD | QUOTE) || (*start == '.' && is_digit(start[1])))
	{
		if (!scan_word(lexer, &token->type))
			return false;
	}
	else
	{
		token->type = TOKEN_OPERATOR;
		lexer->next += operator_length(start);
		if (lexer->next == start)
			return fail(lexer, lexer->line, "invalid character");
		if (is_a(*start, BRACKET))
			token->depth = note_bracket(lexer, *start);
	}
	token->len = lexer->next - start;
	return lexer->error == NULL;
}

/*
 * Read the next logical line, over lines that are blank or only a comment.
 * Returns false at the end and after an error.
 */
bool
lexer_next_line(Lexer *lexer)
{
	bool		is_indent = true;	/* what is before the first token */

	lexer->ntokens = 0;
	lexer->indent = 0;
	while (lexer->error == NULL)
	{
		char		c = *lexer->next;

		if (!is_a(c, BETWEEN))
		{
			is_indent = false;
			scan_token(lexer);
		}
		else if (c == ' ')
		{
			const char *s = lexer->next;

			while (*s == ' ')
				s++;
			if (is_indent)
				lexer->indent += s - lexer->next;
			lexer->next = s;
		}
		else if (c == '\n' || (c == '\\' && lexer->next[1] == '\n'))
		{
			lexer->next += c == '\n' ? 1 : 2;
			lexer->line++;
			if (c == '\n' && lexer->ntokens > 0 && lexer->depth == 0)
				return true;
			is_indent = c == '\n' && lexer->ntokens == 0;
			if (is_indent)
				lexer->indent = 0;
		}
		else if (c == '#')
		{
			lexer->next = memchr(lexer->next, '\n', lexer->end - lexer->next);
			if (lexer->next == NULL)
				lexer->next = lexer->end;
		}
		else if (c == '\t' || c == '\f')
		{
			if (is_indent)
				lexer->indent = c == '\t' ? (lexer->indent / 8 + 1) * 8 : 0;
			lexer->next++;
		}
		else if (c == '\0')
		{
			if (lexer->depth > 0)
				return fail(lexer, lexer->open[lexer->depth - 1].line,
							"a bracket was never closed");
			return lexer->ntokens > 0;
		}
		else
			fail(lexer, lexer->line, "invalid character"); /* a backslash */
	}
	return false;
}
