/*-------------------------------------------------------------------------
 *
 * python_lexer.h
 *		Split a Python source file into logical lines of tokens.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PYTHON_LEXER_H
#define PYTHON_LEXER_H

/* As Python's MAXLEVEL and MAXFSTRINGLEVEL in its tokenizer. */
#define PY_MAX_BRACKETS 200
#define PY_MAX_FIELDS 150

typedef enum PyTokenType
{
	PY_NAME,					/* identifier or keyword */
	PY_STRING,					/* with its prefix and quotes */
	PY_NUMBER,
	PY_OPERATOR					/* brackets, commas and such included */
} PyTokenType;

typedef struct PyToken
{
	PyTokenType type;
	const char *start;
	int			len;
	int			line;			/* from 1 */
	int			depth;			/* how many brackets are open around it */
} PyToken;

typedef enum PyEncoding
{
	PY_UTF8,
	PY_LATIN1,
	PY_ASCII_SUPERSET			/* bytes below 128 are ASCII, others unknown */
} PyEncoding;

typedef struct PyLexer
{
	const char *next;
	const char *end;			/* where there is a null byte */
	int			line;
	PyEncoding	encoding;
	struct
	{
		char		bracket;
		int			line;
	} open[PY_MAX_BRACKETS];
	int			depth;
	int			fields;			/* of f-strings that are open */

	/* the logical line */
	PyToken    *tokens;
	int			ntokens;
	int			allocated;
	int			indent;			/* of its first token, in columns */

	/* why lexing has stopped, if not at the end */
	const char *error;
	int			error_line;
} PyLexer;

extern void py_lexer_init(PyLexer *lexer, char *text, size_t len);
extern bool py_next_line(PyLexer *lexer);
extern void py_lexer_free(PyLexer *lexer);
extern bool py_token_is(const PyToken *token, const char *text);

#endif							/* PYTHON_LEXER_H */
