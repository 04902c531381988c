/*-------------------------------------------------------------------------
 *
 * setting.c
 *		What a connection string says, or else the environment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "server/setting.h"

/*
 * The value for the keyword, in what libpq has read; empty if there is none.
 */
const char *
setting_value(const PQconninfoOption *options, const char *keyword)
{
	const char *value = NULL;

	for (const PQconninfoOption *option = options; option && option->keyword; option++)
	{
		if (strcmp(option->keyword, keyword) == 0)
			value = option->val == NULL && option->envvar ? getenv(option->envvar) : option->val;
	}
	return value ? value : "";
}
