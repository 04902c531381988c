/*-------------------------------------------------------------------------
 *
 * alembic.h
 *		The migration set of Alembic, read without Python.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ALEMBIC_H
#define ALEMBIC_H

#include "migrations/revisions.h"

extern void read_alembic(const char *path, const char *source, Revisions *revisions);

#endif							/* ALEMBIC_H */
