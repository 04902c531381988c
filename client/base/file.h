/*-------------------------------------------------------------------------
 *
 * file.h
 *		Read a file as a whole.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FILE_H
#define FILE_H

extern char *read_whole_file(const char *path, size_t max_size, size_t *len, const char **why);

#endif							/* FILE_H */
