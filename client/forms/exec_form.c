/*-------------------------------------------------------------------------
 *
 * exec_form.c
 *		A command for the shell, or as a JSON array for no shell.
 *
 * The array is what container users know as the exec form.  A command for the
 * shell may begin with a bracket, too: "[ -e done ] || ...".  So what begins
 * with a bracket and then a blank or a bracket is one for the shell, unless it
 * is an array or a string and a comma follow.
 *
 * PostgreSQL's own parser (common/jsonapi.h) would recurse as deep as the text
 * says, and has another interface in each version; an array of strings needs
 * no recursion.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "forms/forms.h"
#include "mb/pg_wchar.h"
#include "options/options.h"
#include "pqexpbuffer.h"

#define BLANKS " \t\r\n"

typedef struct Array
{
	const char *next;			/* to be read */
	const char *wrong;			/* what is wrong there, or NULL */
	char	  **items;			/* ended by NULL */
	int			count;
	bool		comma;			/* was there */
} Array;

static bool
refuse(Array *array, const char *wrong)
{
	array->wrong = wrong;
	return false;
}

static bool
take(Array *array, char c)
{
	array->next += strspn(array->next, BLANKS);
	if (*array->next != c)
		return false;
	array->next++;
	return true;
}

/*
 * The four digits of \uXXXX.
 */
static bool
read_hex(Array *array, pg_wchar *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++)
	{
		char		c = pg_tolower(*array->next);

		if (!isxdigit((unsigned char) c))
			return refuse(array, "\\u needs four hexadecimal digits");
		*unit = *unit * 16 + (isdigit((unsigned char) c) ? c - '0' : c - 'a' + 10);
		array->next++;
	}
	return true;
}

static bool
read_unicode(Array *array, PQExpBuffer item)
{
	pg_wchar	c;
	pg_wchar	second;
	unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN];

	if (!read_hex(array, &c))
		return false;
	if (is_utf16_surrogate_first(c))
	{
		if (strncmp(array->next, "\\u", 2) != 0)
			return refuse(array, "half a surrogate pair");
		array->next += 2;
		if (!read_hex(array, &second))
			return false;
		if (!is_utf16_surrogate_second(second))
			return refuse(array, "half a surrogate pair");
		c = surrogate_pair_to_codepoint(c, second);
	}
	else if (is_utf16_surrogate_second(c))
		return refuse(array, "half a surrogate pair");
	if (c == 0)
		return refuse(array, "an argument cannot contain \\u0000");
	unicode_to_utf8(c, utf8);
	appendBinaryPQExpBuffer(item, (char *) utf8, pg_utf_mblen(utf8));
	return true;
}

static bool
read_escape(Array *array, PQExpBuffer item)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	char		name = *array->next;
	const char *found = name ? strchr(names, name) : NULL;

	if (found == NULL && name != 'u')
		return refuse(array, "unknown escape");
	array->next++;
	if (found == NULL)
		return read_unicode(array, item);
	appendPQExpBufferChar(item, meanings[found - names]);
	return true;
}

static bool
read_string(Array *array, PQExpBuffer item)
{
	if (!take(array, '"'))
		return refuse(array, "expected a string in double quotes");
	while (*array->next != '"')
	{
		if (*array->next == '\0')
			return refuse(array, "a string without end");
		if ((unsigned char) *array->next < ' ')
			return refuse(array, "a control character has to be escaped");
		if (*array->next != '\\')
			appendPQExpBufferChar(item, *array->next++);
		else if (array->next++, !read_escape(array, item))
			return false;
	}
	array->next++;
	return true;
}

static bool
read_array(Array *array)
{
	take(array, '[');
	do
	{
		PQExpBufferData item;

		initPQExpBuffer(&item);
		if (!read_string(array, &item))
			return false;
		array->items = pg_realloc(array->items, (array->count + 2) * sizeof(char *));
		array->items[array->count++] = item.data;
		array->items[array->count] = NULL;
	} while (take(array, ',') && (array->comma = true));

	if (!take(array, ']'))
		return refuse(array, "expected a comma or \"]\"");
	array->next += strspn(array->next, BLANKS);
	if (*array->next != '\0')
		return refuse(array, "something follows the array");
	if (array->items[0][0] == '\0')
		return refuse(array, "the first string names no program");
	return true;
}

/*
 * Whether the text, which is no array, was meant to be one.
 */
static bool
is_meant_as_array(const char *text, const Array *array)
{
	return strchr(BLANKS "[", text[1]) == NULL || text[1] == '\0' || array->comma;
}

/*
 * What to execute, ended by NULL.  Exits if that is an array with an error in
 * it; "source" is the option or variable it came from.
 */
char **
command_arguments(const char *text, const char *source)
{
	Array		array = {0};

	array.next = text = text + strspn(text, BLANKS);
	if (*text == '[')
	{
		if (read_array(&array))
			return array.items;
		if (is_meant_as_array(text, &array))
			usage_error(NULL, "Write it like [\"alembic\", \"upgrade\", \"head\"], or without the "
							  "brackets as a command for the shell.",
						"invalid JSON array in %s: %s at character %d",
						source, array.wrong, (int) (array.next - text) + 1);
	}
	return shell_words(text);
}
