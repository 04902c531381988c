/*-------------------------------------------------------------------------
 *
 * file.h
 *		Files and folders.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FILE_H
#define FILE_H

extern bool is_folder(const char *path);
extern char *read_whole_file(const char *path, size_t max_size, size_t *len, const char **why);

#endif							/* FILE_H */
