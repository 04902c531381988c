/*-------------------------------------------------------------------------
 *
 * log_format.c
 *		How the client logs, as --log-format asks for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/json.h"
#include "options/options.h"

#define OPTION "--log-format"

/* No other option begins so. */
#define SHORTEST "--log"

static void
set_format(const char *name)
{
	log_set_format(name && strcmp(name, "json") == 0 ? &json_format : NULL);
}

/*
 * Find it out before there is anything to say, such as that an option is wrong.
 */
void
find_log_format(int argc, char *argv[])
{
	const char *name = getenv("GW_BOOTSTRAP_LOG_FORMAT");

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
	{
		size_t		len = strcspn(argv[i], "=");

		if (len < strlen(SHORTEST) || strncmp(argv[i], OPTION, len) != 0)
			continue;
		if (argv[i][len] == '=')
			name = argv[i] + len + 1;
		else if (i + 1 < argc)
			name = argv[i + 1];
	}
	set_format(name);
}

/*
 * What looked like it may have been the value of something else.
 */
void
take_log_format(Options *options)
{
	set_format(options->log_format);
}
