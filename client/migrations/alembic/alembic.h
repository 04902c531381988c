/*-------------------------------------------------------------------------
 *
 * alembic.h
 *		The migration set of Alembic, read without Python.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ALEMBIC_H
#define ALEMBIC_H

#include "fe_utils/simple_list.h"

extern void read_alembic(const char *path, const char *source, SimpleStringList *heads,
						 SimpleStringList *revisions);

#endif							/* ALEMBIC_H */
