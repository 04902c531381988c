/*-------------------------------------------------------------------------
 *
 * python.h
 *		What a revision file of Alembic assigns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PYTHON_H
#define PYTHON_H

#include "migrations/alembic/source.h"

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

extern const char *read_python(char *text, size_t len, Literal *variables, const char **error_at);

#endif							/* PYTHON_H */
