/*-------------------------------------------------------------------------
 *
 * modules.h
 *		The migrations that modules of JavaScript and TypeScript export.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MODULES_H
#define MODULES_H

#include "fe_utils/simple_list.h"

/*
 * Read the text of the file of that name.  The versions that are in it are appended, or
 * *counts is set if the name of the file is the version.  Returns what cannot be told,
 * or NULL.
 */
typedef const char *(*ModuleReader)(const char *name, const char *text,
									SimpleStringList *versions, bool *counts);

extern const char *read_typeorm_module(const char *name, const char *text,
									   SimpleStringList *versions, bool *counts);
extern const char *read_kysely_module(const char *name, const char *text,
									  SimpleStringList *versions, bool *counts);

#endif							/* MODULES_H */
