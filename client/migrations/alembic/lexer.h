/*-------------------------------------------------------------------------
 *
 * lexer.h
 *		Split Python or TOML into logical lines of tokens.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LEXER_H
#define LEXER_H

/* As Python's MAXLEVEL and MAXFSTRINGLEVEL in its tokenizer. */
#define MAX_BRACKETS 200
#define MAX_FIELDS 150

typedef enum TokenType
{
	TOKEN_WORD,					/* identifier or keyword */
	TOKEN_STRING,				/* with its prefix and quotes */
	TOKEN_NUMBER,
	TOKEN_OPERATOR				/* brackets, commas and such included */
} TokenType;

typedef struct Token
{
	const char *start;
	int			len;
	TokenType	type;
	int			line;			/* from 1 */
	int			depth;			/* how many brackets are open around it */
} Token;

typedef struct Lexer
{
	const char *next;
	const char *end;			/* where there is a null byte */
	int			line;
	bool		is_toml;
	bool		is_opaque;		/* what is not ASCII is in some other encoding */
	struct
	{
		char		bracket;
		int			line;
	} open[MAX_BRACKETS];
	int			depth;
	int			fields;			/* of f-strings that are open */

	/* the logical line */
	Token	   *tokens;
	int			ntokens;
	int			allocated;
	int			indent;			/* of its first token, in columns */

	/* why lexing has stopped, if not at the end */
	const char *error;
	int			error_line;
} Lexer;

extern void lexer_init(Lexer *lexer, char *text, size_t len, bool is_toml);
extern bool lexer_next_line(Lexer *lexer);
extern int	find_token(const Token *tokens, int from, int to, const char *text, int depth);

/*
 * Asked of nearly every token.
 */
static inline bool
token_is(const Token *token, const char *text)
{
	return *token->start == *text && token->len == strlen(text) &&
		memcmp(token->start, text, token->len) == 0;
}

#endif							/* LEXER_H */
