/*-------------------------------------------------------------------------
 *
 * javascript.c
 *		The words, strings and symbols of JavaScript and TypeScript.
 *
 * What a comment, a string, a template or a pattern has in it is no code.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/javascript.h"

#define MAX_DEPTH 50
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

void
begin_script(ScriptScanner *scanner, const char *text)
{
	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	if (strncmp(text, "#!", 2) == 0)
		text += strcspn(text, "\n");
	*scanner = (ScriptScanner) {text};
}

static bool
is_word_char(char c)
{
	return isalnum((unsigned char) c) || c == '_' || c == '$' || (c & 0x80);
}

/*
 * The end of the code that a template has in it; NULL if there is none.
 */
static const char *
skip_embedded(const char *code, int depth)
{
	ScriptScanner scanner = {code, .depth = depth + 1};
	int			open = 1;

	while (open > 0)
	{
		next_script_token(&scanner);
		if (scanner.token.kind == SCRIPT_END || scanner.token.kind == SCRIPT_UNENDED)
			return NULL;
		if (scanner.token.kind == SCRIPT_SYMBOL)
			open += *scanner.token.start == '{' ? 1 : *scanner.token.start == '}' ? -1 :
																					0;
	}
	return scanner.next;
}

static void
scan_string(ScriptScanner *scanner, const char *c)
{
	char		quote = *c++;
	bool		has_code = false;

	scanner->token = (ScriptToken) {SCRIPT_STRING, c};
	while (*c && *c != quote && (*c != '\n' || quote == '`'))
	{
		if (quote == '`' && strncmp(c, "${", 2) == 0)
		{
			has_code = true;
			c = scanner->depth < MAX_DEPTH ? skip_embedded(c + 2, scanner->depth) : NULL;
			if (c == NULL)
			{
				scanner->token.kind = SCRIPT_UNENDED;
				return;
			}
		}
		else
			c += *c == '\\' && c[1] ? 2 : 1;
	}
	if (*c == '\0' && quote == '`')
		scanner->token.kind = SCRIPT_UNENDED;
	scanner->token.len = has_code ? 0 : c - scanner->token.start;
	scanner->next = *c ? c + 1 : c;
}

/*
 * Whether a slash begins a pattern is told by what is before it.
 */
static bool
may_begin_pattern(const ScriptToken *last)
{
	static const char *const words[] = {"await", "case", "delete", "do", "else", "in", "instanceof",
										"new", "of", "return", "throw", "typeof", "void", "yield"};

	if (last->kind == SCRIPT_SYMBOL)
		return strchr(")]/.", *last->start) == NULL;
	for (int i = 0; last->kind == SCRIPT_WORD && i < lengthof(words); i++)
	{
		if (last->len == strlen(words[i]) && memcmp(last->start, words[i], last->len) == 0)
			return true;
	}
	return last->kind == SCRIPT_END;
}

/*
 * The end of a pattern, which is in the same line; or that of the slash, if it is none.
 */
static const char *
skip_pattern(const char *slash)
{
	bool		in_set = false;

	for (const char *c = slash + 1; *c && *c != '\n'; c++)
	{
		if (*c == '/' && !in_set)
			return c + 1;
		if (*c == '[' || *c == ']')
			in_set = *c == '[';
		else if (*c == '\\' && c[1] && c[1] != '\n')
			c++;
	}
	return slash + 1;
}

/*
 * NULL if a comment has no end.
 */
static const char *
skip_blanks(const char *c)
{
	for (;;)
	{
		while (isspace((unsigned char) *c))
			c++;
		if (strncmp(c, "//", 2) == 0)
			c += strcspn(c, "\n");
		else if (strncmp(c, "/*", 2) == 0)
		{
			c = strstr(c + 2, "*/");
			if (c == NULL)
				return NULL;
			c += 2;
		}
		else
			return c;
	}
}

void
next_script_token(ScriptScanner *scanner)
{
	const ScriptToken last = scanner->token;
	const char *start = skip_blanks(scanner->next);
	const char *c = start;

	if (start == NULL)
	{
		scanner->token.kind = SCRIPT_UNENDED;
		return;
	}
	if (*c == '\'' || *c == '"' || *c == '`')
	{
		scan_string(scanner, c);
		return;
	}
	while (is_word_char(*c))
		c++;
	scanner->token = (ScriptToken) {SCRIPT_WORD, start, c - start};
	if (c == start)
	{
		scanner->token.kind = *c ? SCRIPT_SYMBOL : SCRIPT_END;
		scanner->token.len = *c ? 1 : 0;
		c = *c == '/' && may_begin_pattern(&last) ? skip_pattern(c) : c + scanner->token.len;
	}
	scanner->next = c;
}
