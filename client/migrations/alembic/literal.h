/*-------------------------------------------------------------------------
 *
 * literal.h
 *		The values that literals of Python and TOML stand for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LITERAL_H
#define LITERAL_H

#include "migrations/alembic/lexer.h"
#include "pqexpbuffer.h"

typedef enum LiteralKind
{
	LITERAL_UNSET,				/* never assigned */
	LITERAL_STRING,
	LITERAL_SEQUENCE,			/* tuple, list or set; None is an empty one */
	LITERAL_UNKNOWN				/* only running the file could tell */
} LiteralKind;

typedef struct Literal
{
	LiteralKind kind;
	int			line;
	char	   *string;			/* in UTF-8 */
	struct Literal *items;		/* of a sequence */
	int			nitems;
	const char *why;			/* it is unknown, as "is ..." */
	const Token *name;			/* it is only that; or NULL */
	bool		is_open;		/* with stars or a set: what is where is not known */
} Literal;

extern Literal evaluate_literal(const Lexer *lexer, const Token *tokens, int ntokens);
extern Literal unknown_literal(int line, const char *why);

#endif							/* LITERAL_H */
