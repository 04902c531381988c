/*-------------------------------------------------------------------------
 *
 * file.c
 *		Files and folders.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

bool
is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/*
 * Read the bytes of a file, with a null byte after them.  The file is not to keep us
 * waiting, no pipe and no terminal, nor to have more than max_size bytes.  If it cannot
 * be read, returns NULL and why.
 */
char *
read_whole_file(const char *path, size_t max_size, size_t *len, const char **why)
{
	int			fd = open(path, O_RDONLY | O_NONBLOCK);
	struct stat status;
	char	   *text = NULL;
	ssize_t		got = 1;

	*len = 0;
	*why = NULL;
	if (fd < 0 || fstat(fd, &status) != 0)
		*why = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		*why = S_ISDIR(status.st_mode) ? "it is a folder" : "not a regular file";
	else if (status.st_size > max_size)
		*why = psprintf("it has more than %zu bytes", max_size);
	else if ((text = malloc(status.st_size + 1)) == NULL)
		*why = "out of memory";
	else
	{
		while (*len < status.st_size && got > 0)
		{
			got = read(fd, text + *len, status.st_size - *len);
			*len += Max(got, 0);
		}
		text[*len] = '\0';
		if (got < 0)
			*why = strerror(errno);
	}
	if (fd >= 0)
		close(fd);
	if (*why == NULL)
		return text;
	free(text);
	return NULL;
}
