/*-------------------------------------------------------------------------
 *
 * python_module.h
 *		What a Python file assigns to some names of its module.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PYTHON_MODULE_H
#define PYTHON_MODULE_H

#include "migrations/alembic/python_value.h"

/* Why a name may have another value than the file says. */
#define PERHAPS_IMPORTED "perhaps imported by an import of *"

typedef struct PyVariable
{
	const char *name;
	PyValue		value;			/* PY_UNSET at first */
} PyVariable;

/* Why a file could not be read; line 0 if it was not even opened. */
typedef struct PyError
{
	int			line;
	const char *message;
} PyError;

extern bool py_read_module(char *text, size_t len, PyVariable *variables,
						   int nvariables, PyError *error);

#endif							/* PYTHON_MODULE_H */
