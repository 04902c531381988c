/*-------------------------------------------------------------------------
 *
 * python_lexer.c
 *		Split a Python source file into logical lines of tokens.
 *
 * This follows section 2 of the Python language reference, "Lexical
 * analysis", as far as it matters for what a file assigns: strings and
 * comments must not be taken for code, nor one logical line for two.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "mb/pg_wchar.h"
#include "migrations/alembic/python_lexer.h"

static bool
fail(PyLexer *lexer, int line, const char *error)
{
	if (lexer->error == NULL)
	{
		lexer->error = error;
		lexer->error_line = line;
	}
	return false;
}

bool
py_token_is(const PyToken *token, const char *text)
{
	return token->len == strlen(text) && memcmp(token->start, text, token->len) == 0;
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
		if (text[from] == '\r' && from + 1 < len && text[from + 1] == '\n')
			continue;
		text[to++] = text[from] == '\r' ? '\n' : text[from];
	}
	text[to] = '\0';
	return to;
}

/*
 * The encoding that a comment in one of the first two lines declares (PEP
 * 263).  Of those that differ from ASCII only above it, most need no decoding
 * as long as the values that we want are ASCII.
 */
static bool
set_encoding(PyLexer *lexer, const char *name, int len, bool bom)
{
	static const char *const supersets[] = {"ascii", "us-ascii", "iso-8859-", "latin-", "cp125",
											"windows-125", "koi8-", "euc-", "gb2312", NULL};
	char		lower[32];

	if (len >= sizeof(lower))
		return fail(lexer, 1, "unknown source encoding");
	for (int i = 0; i <= len; i++)
		lower[i] = i == len ? '\0' : name[i] == '_' ? '-' :
													  pg_tolower(name[i]);
	if (strcmp(lower, "utf-8") == 0 || strcmp(lower, "utf8") == 0 ||
		strncmp(lower, "utf-8-", 6) == 0)
		return true;
	if (bom)
		return fail(lexer, 1, "the declared encoding contradicts the byte order mark");
	if (strcmp(lower, "latin-1") == 0 || strcmp(lower, "latin1") == 0 ||
		strcmp(lower, "iso-8859-1") == 0 || strcmp(lower, "iso8859-1") == 0)
	{
		lexer->encoding = PY_LATIN1;
		return true;
	}
	lexer->encoding = PY_ASCII_SUPERSET;
	for (int i = 0; supersets[i]; i++)
	{
		if (strncmp(lower, supersets[i], strlen(supersets[i])) == 0)
			return true;
	}
	return fail(lexer, 1, "unsupported source encoding");
}

static bool
find_encoding(PyLexer *lexer, bool bom)
{
	const char *line = lexer->next;

	for (int i = 0; i < 2; i++)
	{
		const char *eol = line + strcspn(line, "\n");
		const char *s = line + strspn(line, " \t\f");

		if (*s != '#' && s != eol)
			return true;
		for (; s < eol; s++)
		{
			const char *name = s + 7;

			if (eol - s > 7 && strncmp(s, "coding", 6) == 0 && (s[6] == ':' || s[6] == '='))
			{
				int			len;

				name += strspn(name, " \t");
				len = strspn(name,
							 "-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
				if (len > 0)
					return set_encoding(lexer, name, len, bom);
			}
		}
		if (*eol == '\0')
			return true;
		line = eol + 1;
	}
	return true;
}

static bool
check_utf8(PyLexer *lexer)
{
	int			line = 1;

	for (const unsigned char *s = (const unsigned char *) lexer->next; *s;)
	{
		int			len = IS_HIGHBIT_SET(*s) ? pg_utf_mblen(s) : 1;

		if (len == 1 && !IS_HIGHBIT_SET(*s))
			line += *s == '\n';
		else if (strnlen((const char *) s, len) < len || !pg_utf8_islegal(s, len))
			return fail(lexer, line, "the source is not valid UTF-8");
		s += len;
	}
	return true;
}

/*
 * Begin to read a source text, which has room for a null byte after it, and is
 * changed.
 */
void
py_lexer_init(PyLexer *lexer, char *text, size_t len)
{
	bool		bom = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;

	*lexer = (PyLexer) {.line = 1};
	len = unify_line_ends(text, len);
	lexer->next = bom ? text + 3 : text;
	lexer->end = text + len;
	if (strlen(text) != len)
		fail(lexer, 1, "the source contains null bytes");
	else if (find_encoding(lexer, bom) && lexer->encoding == PY_UTF8)
		check_utf8(lexer);
}

void
py_lexer_free(PyLexer *lexer)
{
	free(lexer->tokens);
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char) c) || c == '_' || IS_HIGHBIT_SET(c);
}

static bool scan_string(PyLexer *lexer, int prefix_len);

/*
 * How long a prefix of a string starts here, which its quote follows; -1 if
 * there is none.
 */
static int
string_prefix(const char *s)
{
	int			len = strspn(s, "rRuUbBfFtT");

	if (len > 2 || (s[len] != '"' && s[len] != '\''))
		return -1;
	/* Of two letters one is an R, and the other neither that nor a U. */
	if (len == 2 && (strcspn(s, "rR") >= 2 || strcspn(s, "bBfFtT") >= 2))
		return -1;
	return len;
}

/*
 * Skip a replacement field of an f-string, after its "{".  Since 3.12 it may
 * hold any expression, strings in the same quotes included.
 */
static bool
scan_replacement_field(PyLexer *lexer)
{
	int			line = lexer->line;
	int			depth = 0;
	bool		in_format = false;

	if (++lexer->fields > PY_MAX_FIELDS)
		return fail(lexer, line, "too many nested f-strings");
	while (*lexer->next)
	{
		char		c = *lexer->next;
		int			prefix = in_format ? -1 : string_prefix(lexer->next);

		if (prefix >= 0 && (prefix == 0 || !is_name_char(lexer->next[-1])))
		{
			if (!scan_string(lexer, prefix))
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
 * Skip a string, from its prefix on.
 */
static bool
scan_string(PyLexer *lexer, int prefix_len)
{
	int			line = lexer->line;
	bool		formatted = strcspn(lexer->next, "fFtT") < prefix_len;
	char		quote = lexer->next[prefix_len];
	bool		triple = lexer->next[prefix_len + 1] == quote &&
		lexer->next[prefix_len + 2] == quote;

	lexer->next += prefix_len + (triple ? 3 : 1);
	while (*lexer->next)
	{
		const char *s = lexer->next;

		if (*s == quote && (!triple || (s[1] == quote && s[2] == quote)))
		{
			lexer->next += triple ? 3 : 1;
			return true;
		}
		lexer->next++;
		if (*s == '\n' && !triple)
			break;
		if (*s == '\n' || (*s == '\\' && s[1] == '\n'))
			lexer->line++;
		if (*s == '\\' && s[1] != '\0')
			lexer->next++;
		else if (formatted && *s == '{' && s[1] == '{')
			lexer->next++;
		else if (formatted && *s == '{' && !scan_replacement_field(lexer))
			return false;
	}
	return fail(lexer, line, "unterminated string");
}

/*
 * Keep account of the brackets.  Returns the depth of the bracket itself.
 */
static int
note_bracket(PyLexer *lexer, char c)
{
	char		opening = c == ')' ? '(' : c == ']' ? '[' :
											   '{';

	if (c == '(' || c == '[' || c == '{')
	{
		if (lexer->depth == PY_MAX_BRACKETS)
		{
			fail(lexer, lexer->line, "too many nested brackets");
			return 0;
		}
		lexer->open[lexer->depth].bracket = c;
		lexer->open[lexer->depth].line = lexer->line;
		return lexer->depth++;
	}
	if (lexer->depth == 0 || lexer->open[lexer->depth - 1].bracket != opening)
	{
		fail(lexer, lexer->line, "unmatched bracket");
		return 0;
	}
	return --lexer->depth;
}

static int
operator_length(const char *s)
{
	static const char *const operators[] = {"**=", "//=", ">>=", "<<=", "...",
											"**", "//", ">>", "<<", "==", "!=", "<=", ">=", "->",
											":=", "<>",
											"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=",
											NULL};

	/* most are one character */
	for (int i = 0; s[1] && strchr("=*/<>.-", s[1]) && operators[i]; i++)
	{
		if (strncmp(s, operators[i], strlen(operators[i])) == 0)
			return strlen(operators[i]);
	}
	return strchr("+-*/%@&|^~<>()[]{},:.;=", *s) != NULL ? 1 : 0;
}

/*
 * Scan one token.
 */
static bool
scan_token(PyLexer *lexer)
{
	const char *start = lexer->next;
	PyToken		token = {.start = start, .line = lexer->line, .depth = lexer->depth};
	int			prefix = string_prefix(start);

	if (prefix >= 0)
	{
		token.type = PY_STRING;
		if (!scan_string(lexer, prefix))
			return false;
	}
	else if (is_name_char(*start) || (*start == '.' && isdigit((unsigned char) start[1])))
	{
		token.type = isdigit((unsigned char) *start) || *start == '.' ? PY_NUMBER : PY_NAME;
		lexer->next++;
		while (is_name_char(*lexer->next) || (token.type == PY_NUMBER && *lexer->next == '.'))
			lexer->next++;
	}
	else
	{
		token.type = PY_OPERATOR;
		lexer->next += operator_length(start);
		if (lexer->next == start)
			return fail(lexer, lexer->line, "invalid character");
		if (lexer->next == start + 1 && strchr("()[]{}", *start))
			token.depth = note_bracket(lexer, *start);
	}
	token.len = lexer->next - start;
	if (lexer->ntokens == lexer->allocated)
	{
		lexer->allocated = Max(lexer->allocated * 2, 64);
		lexer->tokens = pg_realloc(lexer->tokens, lexer->allocated * sizeof(PyToken));
	}
	lexer->tokens[lexer->ntokens++] = token;
	return lexer->error == NULL;
}

/*
 * Go to the first token of the next logical line, over lines that are blank or
 * only a comment.  Returns false at the end.
 */
static bool
find_line(PyLexer *lexer)
{
	for (;;)
	{
		lexer->indent = 0;
		for (; *lexer->next == ' ' || *lexer->next == '\t' || *lexer->next == '\f'; lexer->next++)
		{
			if (*lexer->next == '\f')
				lexer->indent = 0;
			else
				lexer->indent += *lexer->next == '\t' ? 8 - lexer->indent % 8 : 1;
		}
		if (*lexer->next == '#')
			lexer->next += strcspn(lexer->next, "\n");
		if (*lexer->next != '\n')
			return *lexer->next != '\0';
		lexer->next++;
		lexer->line++;
	}
}

/*
 * Read the next logical line.  Returns false at the end and after an error.
 */
bool
py_next_line(PyLexer *lexer)
{
	lexer->ntokens = 0;
	if (lexer->error || !find_line(lexer))
		return false;
	for (;;)
	{
		char		c = *lexer->next;

		if (c == ' ' || c == '\t' || c == '\f')
			lexer->next++;
		else if (c == '#')
			lexer->next += strcspn(lexer->next, "\n");
		else if (c == '\\' && lexer->next[1] == '\n')
		{
			lexer->next += 2;
			lexer->line++;
		}
		else if (c == '\n' || c == '\0')
		{
			if (c == '\0' && lexer->depth > 0)
				return fail(lexer, lexer->open[lexer->depth - 1].line,
							"a bracket was never closed");
			if (c == '\n')
			{
				lexer->next++;
				lexer->line++;
			}
			if (lexer->depth == 0 && lexer->ntokens > 0)
				return true;
			/* nothing but a backslash was in the line */
			if (lexer->depth == 0 && (c == '\0' || !find_line(lexer)))
				return false;
		}
		else if (!scan_token(lexer))
			return false;
	}
}
