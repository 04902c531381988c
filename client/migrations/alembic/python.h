/*-------------------------------------------------------------------------
 *
 * python.h
 *		What a revision file of Alembic assigns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PYTHON_H
#define PYTHON_H

#include "migrations/alembic/literal.h"

/* Why a name may have another value than the file says. */
#define PERHAPS_IMPORTED "perhaps imported by an import of *"

typedef enum Variable
{
	REVISION,
	DOWN_REVISION,
	DEPENDS_ON,
	BRANCH_LABELS,
	VARIABLES
} Variable;

extern const char *read_python(char *text, size_t len, Literal *variables, int *error_line);

#endif							/* PYTHON_H */
