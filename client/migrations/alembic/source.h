/*-------------------------------------------------------------------------
 *
 * source.h
 *		Python or TOML without its strings and comments, and its literals.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SOURCE_H
#define SOURCE_H

/* What stands in code for each byte of a string, its prefix and quotes included. */
#define IN_STRING '\001'

typedef struct Source
{
	char	   *text;			/* as written, with one kind of line ends */
	char	   *code;			/* as long: a logical line is a line in it */
	bool		is_toml;
	int			encoding;

	/* why it makes no sense, and where in the text; or NULL */
	const char *error;
	const char *error_at;
} Source;

/* What a byte may be. */
#define WORD 1					/* part of a word or number */
#define OPENING 2				/* brackets */
#define CLOSING 4
#define IN_CODE 8				/* of interest outside of strings */
#define IN_TEXT 16				/* and within one */
#define BLANK 32

extern const unsigned char byte_classes[256];

static inline bool
is_a(char c, int kind)
{
	return (byte_classes[(unsigned char) c] & kind) != 0;
}

static inline const char *
skip_blanks(const char *s)
{
	while (is_a(*s, BLANK))
		s++;
	return s;
}

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
	const char *at;				/* in the text */
	char	   *string;			/* in UTF-8 */
	struct Literal *items;		/* of a sequence */
	int			nitems;
	const char *why;			/* it is unknown, as "is ..." */
	const char *name;			/* in the code, if it is only that */
	int			name_len;
	bool		is_open;		/* with stars or a set: what is where is not known */
} Literal;

extern void read_source(Source *source, char *text, size_t len, bool is_toml);
extern int	line_at(const char *text, const char *at);

/* literal.c */
extern const char *find_outside(const char *from, const char *to, char c);
extern Literal evaluate_literal(const Source *source, const char *from, const char *to);
extern Literal unknown_literal(const Source *source, const char *at, const char *why);

#endif							/* SOURCE_H */
