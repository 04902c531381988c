/*-------------------------------------------------------------------------
 *
 * values.c
 *		Parse the values of options and environment variables.
 *
 * A value is taken or refused, never guessed at: a replica that misreads
 * "--skip-migrations=maybe" would start on a schema that nobody migrates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/text.h"
#include "options/values.h"
#include "shared/head_words.h"

static bool
is_control(char c)
{
	return (unsigned char) c < ' ' || c == 0x7F;
}

static const char *
describe_control(char c)
{
	return c == '\n' ? "line end" : c == '\t' ? "tab" :
												"control character";
}

/*
 * For a value of which the rest begins with a control character.
 */
static const char *
control_hint(const char *rest)
{
	return rest[strspn(rest, "\r\n")] != '\0' ? NULL :
												"A Secret or file that was made by echo ends in a line end: use printf, or echo -n.";
}

static void
check_not_empty(const char *value, const char *source)
{
	if (*value == '\0')
		usage_error(NULL, NULL, "empty value for %s", source);
}

/*
 * Refuse what no name has.  "what" is the value's, for the message.
 */
void
check_controls(const char *value, const char *what)
{
	for (const char *c = value; *c; c++)
	{
		if (is_control(*c))
			usage_error(NULL, control_hint(c), "%s has a %s", what, describe_control(*c));
	}
}

/*
 * Refuse a value that would be one by mistake alone.
 */
void
check_text(const char *value, const char *source)
{
	char	   *what = psprintf("the value of %s", source);

	check_not_empty(value, source);
	check_controls(value, what);
	free(what);
}

/*
 * Refuse what no value of its kind is.  A line end comes with a Secret that was
 * made by echo, and would be part of a name; nobody sees it in a message.
 */
void
check_value(OptionType type, const char *value, const char *source)
{
	/* in key=value pairs line ends are spaces: see make_conninfo() */
	if (type == OPTION_URL)
		check_not_empty(value, source);
	else if (type != OPTION_SHELL && (type != OPTION_PATH || *value != '\0'))
		check_text(value, source);
}

/*
 * One of the words of a list, as it is written in the hint.
 */
char *
parse_word(const char *value, const char *source, const char *words)
{
	for (const char *word = words; *word; word += strspn(word, ", "))
	{
		size_t		len = strcspn(word, ", ");

		if (strlen(value) == len && strncmp(value, word, len) == 0 && strcmp(value, "or") != 0)
			return pg_strdup(value);
		word += len;
	}
	usage_error(NULL, psprintf("Use %s.", words), "invalid value \"%s\" for %s", value, source);
}

/*
 * Parse a truth value.  "source" is the option or variable it came from.
 */
bool
parse_bool(const char *value, const char *source)
{
	static const char *const yes[] = {"true", "t", "yes", "y", "on", "1"};
	static const char *const no[] = {"false", "f", "no", "n", "off", "0"};

	for (int i = 0; i < lengthof(yes); i++)
	{
		if (pg_strcasecmp(value, yes[i]) == 0)
			return true;
		if (pg_strcasecmp(value, no[i]) == 0)
			return false;
	}
	usage_error(NULL, "Use true or false.", "invalid value \"%s\" for %s", value, source);
}

/*
 * Parse a whole number within bounds.
 */
int64
parse_integer(const char *value, const char *source, int64 min, int64 max)
{
	char	   *end;
	int64		number;

	errno = 0;
	number = strtoi64(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || number < min || number > max ||
		isspace((unsigned char) *value))
		usage_error(NULL,
					psprintf("Use a whole number from " INT64_FORMAT " to " INT64_FORMAT ".", min,
							 max),
					"invalid value \"%s\" for %s", value, source);
	return number;
}

/*
 * Add one head as it is.
 */
void
add_head(SimpleStringList *heads, const char *head, const char *source)
{
	if (*head == '\0')
		usage_error(NULL, NULL, "empty head revision in %s", source);
	if (strlen(head) > MAX_HEAD_LENGTH)
		usage_error(NULL, NULL, "a head revision in %s is longer than %d bytes", source,
					MAX_HEAD_LENGTH);
	simple_string_list_append(heads, head);
}

/*
 * Add heads that are separated by commas, as in the environment; spaces around
 * them are ignored.
 */
void
add_heads(SimpleStringList *heads, const char *list, const char *source)
{
	char	   *copy = pg_strdup(list);
	char	   *next = copy;
	char	   *head;

	while ((head = strsep(&next, ",")) != NULL)
	{
		head = strip_blanks(head);
		if (strchr(head, ' ') != NULL)
			usage_error(NULL, "Separate the heads by commas.",
						"invalid value \"%s\" for %s", head, source);
		add_head(heads, head, source);
	}
	free(copy);
}
