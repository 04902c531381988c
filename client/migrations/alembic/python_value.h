/*-------------------------------------------------------------------------
 *
 * python_value.h
 *		The value of a Python expression that is a literal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PYTHON_VALUE_H
#define PYTHON_VALUE_H

#include "migrations/alembic/python_lexer.h"

typedef enum PyKind
{
	PY_UNSET,					/* never assigned */
	PY_NONE,
	PY_STR,
	PY_SEQUENCE,				/* tuple, list or set */
	PY_UNKNOWN					/* only running the file could tell */
} PyKind;

typedef struct PyValue
{
	PyKind		kind;
	int			line;
	char	   *string;			/* of PY_STR, in UTF-8 */
	const char *why;			/* of PY_UNKNOWN, as "is ..." */
	struct PyValue *items;		/* of PY_SEQUENCE */
	int			nitems;
} PyValue;

extern PyValue py_evaluate(const PyLexer *lexer, const PyToken *tokens, int ntokens);
extern PyValue py_unknown(int line, const char *why);
extern int	py_find(const PyToken *tokens, int from, int to, const char *text, int depth);

#endif							/* PYTHON_VALUE_H */
