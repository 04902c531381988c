/*-------------------------------------------------------------------------
 *
 * file.h
 *		Files and folders.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FILE_H
#define FILE_H

#include "pqexpbuffer.h"

extern bool is_folder(const char *path);
extern bool read_into(PQExpBuffer buffer, const char *path, size_t max_size, const char **why);
extern char *read_whole_file(const char *path, size_t max_size, size_t *len, const char **why);

#endif							/* FILE_H */
