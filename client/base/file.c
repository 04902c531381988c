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
#include "base/wait.h"

/* What is piped to us has ended by then. */
#define INPUT_MS 60000

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
	int			fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
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

/*
 * The same of standard input, which may be a pipe, but does not keep us for ever.
 */
char *
read_standard_input(size_t max_size, size_t *len, const char **why)
{
	PQExpBufferData buffer;
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
	Millis		until = now_ms() + INPUT_MS;
	char		chunk[4096];
	ssize_t		got = 1;

	initPQExpBuffer(&buffer);
	*why = NULL;
	while (got > 0 && *why == NULL)
	{
		if (poll(&fd, 1, Max(until - now_ms(), 0)) <= 0)
			*why = psprintf("it has not ended within %d s", INPUT_MS / 1000);
		else if ((got = read(STDIN_FILENO, chunk, sizeof(chunk))) < 0)
			*why = strerror(errno);
		else if (buffer.len + got > max_size)
			*why = psprintf("it has more than %zu bytes", max_size);
		else
			appendBinaryPQExpBuffer(&buffer, chunk, got);
	}
	if (*why == NULL && PQExpBufferBroken(&buffer))
		*why = "out of memory";
	*len = buffer.len;
	if (*why == NULL)
		return buffer.data;
	termPQExpBuffer(&buffer);
	return NULL;
}
