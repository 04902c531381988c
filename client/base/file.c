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
 * Read the bytes of a file into a buffer, with a null byte after them.  The file
 * is not to keep us waiting, no pipe and no terminal, nor to have more than
 * max_size bytes.  If it cannot be read, returns false and why.
 */
bool
read_into(PQExpBuffer buffer, const char *path, size_t max_size, const char **why)
{
	int			fd = open(path, O_RDONLY | O_NONBLOCK);
	struct stat status;
	ssize_t		got = 1;

	resetPQExpBuffer(buffer);
	*why = NULL;
	if (fd < 0 || fstat(fd, &status) != 0)
		*why = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		*why = S_ISDIR(status.st_mode) ? "it is a folder" : "not a regular file";
	else if (status.st_size > max_size)
		*why = psprintf("it has more than %zu bytes", max_size);
	else if (!enlargePQExpBuffer(buffer, status.st_size))
		*why = "out of memory";
	else
	{
		while (buffer->len < status.st_size && got > 0)
		{
			got = read(fd, buffer->data + buffer->len, status.st_size - buffer->len);
			buffer->len += Max(got, 0);
		}
		buffer->data[buffer->len] = '\0';
		if (got < 0)
			*why = strerror(errno);
	}
	if (fd >= 0)
		close(fd);
	return *why == NULL;
}

/*
 * The same in memory of its own; NULL and why if it cannot be read.
 */
char *
read_whole_file(const char *path, size_t max_size, size_t *len, const char **why)
{
	PQExpBufferData buffer;

	initPQExpBuffer(&buffer);
	if (read_into(&buffer, path, max_size, why))
	{
		*len = buffer.len;
		return buffer.data;
	}
	termPQExpBuffer(&buffer);
	*len = 0;
	return NULL;
}
