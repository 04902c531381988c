/*-------------------------------------------------------------------------
 *
 * text.c
 *		Text of any length.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"

/*
 * psprintf() for a list of arguments.
 */
char *
format_args(const char *fmt, va_list args)
{
	size_t		size = 128;
	int			save_errno = errno;

	for (;;)
	{
		char	   *text = pg_malloc(size);
		va_list		copy;
		size_t		needed;

		errno = save_errno;		/* for %m */
		va_copy(copy, args);
		needed = pvsnprintf(text, size, fmt, copy);
		va_end(copy);
		if (needed < size)
			return text;
		free(text);
		size = needed;
	}
}

bool
has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * Any of these, the last of which is NULL: also of a list of SQLSTATEs and of classes of them.
 */
bool
has_any_prefix(const char *text, const char *const *prefixes)
{
	while (*prefixes && !has_prefix(text, *prefixes))
		prefixes++;
	return *prefixes != NULL;
}

/*
 * Leave blanks and line ends at either end of a text out, in place.
 */
char *
strip_blanks(char *text)
{
	size_t		len;

	text += strspn(text, " \t\r\f\v\n");
	len = strlen(text);
	while (len > 0 && isspace((unsigned char) text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/*
 * A copy of what somebody else wrote, which may be of any length.  What is cut
 * is marked, and not cut within a character of UTF-8.
 */
char *
copy_bounded(const char *text, size_t len, size_t most)
{
	static const char mark[] = "...";

	if (len <= most)
		return pnstrdup(text, len);
	len = most - strlen(mark);
	while (len > 0 && ((unsigned char) text[len] & 0xC0) == 0x80)
		len--;
	return psprintf("%.*s%s", (int) len, text, mark);
}
