/*-------------------------------------------------------------------------
 *
 * control.c
 *		What no value has: nothing, or control characters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "options/control.h"

bool
is_control(char c)
{
	return (unsigned char) c < ' ' || c == 0x7F;
}

const char *
describe_control(char c)
{
	return c == '\n' ? "line end" : c == '\t' ? "tab" :
												"control character";
}

/*
 * For a value of which the rest begins with a control character.
 */
const char *
control_hint(const char *rest)
{
	return rest[strspn(rest, "\r\n")] != '\0' ? NULL :
												"A Secret or file that was made by echo ends in a line end: use printf, or echo -n.";
}

void
check_not_empty(const char *value, const char *source)
{
	if (*value == '\0')
		usage_error(NULL, NULL, "empty value for %s", source);
}

/*
 * Refuse a value that would be one by mistake alone.
 */
void
check_text(const char *value, const char *source)
{
	check_not_empty(value, source);
	for (const char *c = value; *c; c++)
	{
		if (!is_control(*c))
			continue;
		usage_error(NULL, control_hint(c), "the value of %s has a %s", source, describe_control(*c));
	}
}
