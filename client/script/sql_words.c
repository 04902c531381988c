/*-------------------------------------------------------------------------
 *
 * sql_words.c
 *		The words of one SQL statement, without what is quoted.
 *
 * psql's lexer tells where a statement ends, but not what it is.  Its
 * statements are whole, so a quote that is not closed need not be handled
 * here, only survived.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "script/sql_words.h"

/* What stands for anything quoted; no word of SQL looks so. */
#define QUOTED "''"

static bool
begins_word(char c)
{
	return isalpha((unsigned char) c) || c == '_' || IS_HIGHBIT_SET(c);
}

static bool
continues_word(char c)
{
	return begins_word(c) || isdigit((unsigned char) c) || c == '$';
}

static const char *
skip_comment(const char *p)
{
	int			depth = 0;

	do
	{
		if (p[0] == '/' && p[1] == '*')
			depth++, p += 2;
		else if (p[0] == '*' && p[1] == '/')
			depth--, p += 2;
		else
			p++;
	} while (depth > 0 && *p);

	return p;
}

/*
 * White space and comments.
 */
static const char *
skip_blank(const char *p)
{
	for (;;)
	{
		if (*p && strchr(" \t\n\r\f\v", *p))
			p++;
		else if (p[0] == '-' && p[1] == '-')
			p += strcspn(p, "\r\n");
		else if (p[0] == '/' && p[1] == '*')
			p = skip_comment(p);
		else
			return p;
	}
}

/*
 * A string or a quoted name.  A doubled quote begins another one, which does
 * no harm.
 */
static const char *
skip_quoted(const char *p, bool escapes)
{
	char		quote = *p++;

	while (*p && *p != quote)
		p += escapes && p[0] == '\\' && p[1] ? 2 : 1;
	return *p ? p + 1 : p;
}

/*
 * A string in dollar quotes, or NULL if this begins none.
 */
static const char *
skip_dollar_quoted(const char *p)
{
	const char *end = p + 1;
	char	   *tag;
	const char *closing;

	if (*p != '$')
		return NULL;
	if (begins_word(*end))
	{
		while (continues_word(*end) && *end != '$')
			end++;
	}
	if (*end != '$')
		return NULL;
	end++;
	tag = pnstrdup(p, end - p);
	closing = strstr(end, tag);
	end = closing ? closing + strlen(tag) : end + strlen(end);
	free(tag);

	return end;
}

static const char *
skip_word(const char *p)
{
	while (continues_word(*p))
		p++;
	return p;
}

static void
take(SqlWords *words, const char *end)
{
	size_t		len = Min(end - words->start, WORD_SIZE - 1);

	for (size_t i = 0; i < len; i++)
		words->word[i] = pg_ascii_tolower(words->start[i]);
	words->word[len] = '\0';
	words->next = end;
}

/*
 * Go to the next word, or to the next other thing: anything quoted is
 * QUOTED, any other character is itself.  Returns false at the end.
 */
bool
next_sql_word(SqlWords *words)
{
	const char *p = skip_blank(words->next);
	const char *end;
	bool		escapes = (*p == 'e' || *p == 'E') && p[1] == '\'';

	if (words->start != NULL && words->word[0] == '(')
		words->depth++;
	words->start = p;
	if (*p == '\0')
	{
		words->word[0] = '\0';
		words->next = p;
		return false;
	}
	if (escapes || *p == '\'' || *p == '"')
		end = skip_quoted(escapes ? p + 1 : p, escapes);
	else
		end = skip_dollar_quoted(p);
	if (end != NULL)
	{
		strlcpy(words->word, QUOTED, sizeof(words->word));
		words->next = end;
	}
	else if (begins_word(*p))
		take(words, skip_word(p));
	else
		take(words, isdigit((unsigned char) *p) ? skip_word(p) : p + 1);
	if (words->word[0] == ')')
		words->depth--;
	return true;
}

/*
 * Whether these words, up to a NULL, follow each other outside parentheses.
 */
bool
has_sql_words(const char *statement, const char *const *sequence)
{
	SqlWords	words = {.next = statement};
	int			found = 0;

	while (sequence[found] != NULL && next_sql_word(&words))
	{
		if (words.depth == 0 && strcmp(words.word, sequence[found]) == 0)
			found++;
		else
			found = words.depth == 0 && strcmp(words.word, sequence[0]) == 0;
	}
	return sequence[found] == NULL;
}
