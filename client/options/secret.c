/*-------------------------------------------------------------------------
 *
 * secret.c
 *		The value in the file that VARIABLE_FILE names.
 *
 * So have it images that take their secrets from files.  As there, the line end
 * after it does not count.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/file.h"
#include "base/log.h"
#include "options/values.h"

/* A file with a connection string is not larger. */
#define MAX_SECRET_SIZE 65536

static const char *
read_secret(const char *path, const char *variable)
{
	size_t		len;
	const char *why;
	char	   *value;

	check_text(path, variable);
	value = read_whole_file(path, MAX_SECRET_SIZE, &len, &why);
	if (value == NULL)
		log_error("could not read file \"%s\" of %s: %s", path, variable, why);
	else if (strlen(value) != len)
		log_error("file \"%s\" of %s has a null byte", path, variable);
	while (value && len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
		value[--len] = '\0';
	if (value && len == 0)
		log_error("file \"%s\" of %s is empty", path, variable);
	if (value == NULL || strlen(value) != len || len == 0)
		exit(EXIT_USAGE);
	return value;
}

/*
 * NULL if the variable has no such companion.
 */
const char *
value_in_file(const Option *option, const char **variable)
{
	char	   *companion;
	const char *path;

	if (option->type != OPTION_URL)
		return NULL;
	companion = psprintf("%s_FILE", *variable);
	path = getenv(companion);
	if (path == NULL || *path == '\0')
	{
		free(companion);
		return NULL;
	}
	*variable = companion;
	return read_secret(path, companion);
}
