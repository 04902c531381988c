/*-------------------------------------------------------------------------
 *
 * copied_heads.c
 *		The heads of a table that is read by COPY.
 *
 * They are compared as the extension does it: as sets of text, byte by byte.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "fe_utils/string_utils.h"
#include "lock/copied_heads.h"
#include "mb/pg_wchar.h"

/* A table of more rows is no head table. */
#define MOST_ROWS 100000

/*
 * Undo the escapes of COPY's text format.  Returns NULL for a NULL.
 */
static char *
read_copied_value(const char *row, int len)
{
	static const char escapes[] = "b\bf\fn\nr\rt\tv\v";
	char	   *value = pg_malloc(len + 1);
	char	   *to = value;

	if (len > 0 && row[len - 1] == '\n')
		len--;
	if (len == 2 && memcmp(row, "\\N", 2) == 0)
	{
		free(value);
		return NULL;
	}
	for (int i = 0; i < len; i++)
	{
		const char *escape = NULL;

		if (row[i] == '\\' && i + 1 < len)
			for (escape = escapes; *escape && *escape != row[i + 1];)
				escape += 2;
		if (escape != NULL)
			i++;
		*to++ = escape && *escape ? escape[1] : row[i];
	}
	*to = '\0';
	return value;
}

/*
 * Keep it for messages, in order, unless there are enough.
 */
static void
show_head(CopiedHeads *heads, const char *head)
{
	size_t		len = strlen(head);
	int			order = 1;
	int			at = 0;
	char	   *shown;

	if (len > MOST_HEAD_LENGTH)
		for (len = MOST_HEAD_LENGTH; len > 0 && ((unsigned char) head[len] & 0xC0) == 0x80;)
			len--;
	shown = psprintf("%.*s%s", (int) len, head, head[len] ? "..." : "");
	while (at < heads->nshown && (order = strcmp(heads->shown[at], shown)) < 0)
		at++;
	heads->more = heads->more || (order != 0 && heads->nshown == MOST_HEADS);
	if (order == 0 || heads->more)
	{
		free(shown);
		return;
	}
	memmove(heads->shown + at + 1, heads->shown + at, (heads->nshown - at) * sizeof(char *));
	heads->shown[at] = shown;
	heads->nshown++;
}

static void
compare_head(CopiedHeads *heads, const char *head)
{
	const Options *options = heads->options;
	bool		expected = false;
	int			i = 0;

	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next, i++)
	{
		if (strcmp(cell->val, head) == 0)
			heads->seen[i] = expected = true;
	}
	heads->unexpected = heads->unexpected || !expected;
	if (!expected && heads->unknown == NULL && options->known_heads.head &&
		!simple_string_list_member((SimpleStringList *) &options->known_heads, head))
		heads->unknown = pg_strdup(*head ? head : "\"\"");
}

static bool
take_head(RowTaker *taker, const char *row, int len, Failure *failure)
{
	CopiedHeads *heads = (CopiedHeads *) taker;
	char	   *head = read_copied_value(row, len);

	if (taker->rows >= MOST_ROWS)
	{
		set_failure(failure, FAILURE_FINAL, "Check --head-table and --head-column.",
					"table \"%s\" has more than %d rows", heads->options->head_table, MOST_ROWS);
		strlcpy(failure->sqlstate, "54000", sizeof(failure->sqlstate));
		free(head);
		return false;
	}
	if (head == NULL)
		return true;
	for (size_t end = strlen(head); heads->is_padded && end > 0 && head[end - 1] == ' ';)
		head[--end] = '\0';
	compare_head(heads, head);
	show_head(heads, head);
	free(head);
	return true;
}

void
begin_copied_heads(CopiedHeads *heads, const Options *options, bool is_padded)
{
	int			nexpected = 0;

	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
		nexpected++;
	*heads = (CopiedHeads) {
		.taker.take = take_head,
		.options = options,
		.is_padded = is_padded,
		.seen = pg_malloc0(nexpected + 1),
	};
}

bool
copied_heads_are_expected(const CopiedHeads *heads)
{
	int			i = 0;

	for (SimpleStringListCell *cell = heads->options->expected_heads.head; cell; cell = cell->next, i++)
		if (!heads->seen[i])
			return false;
	return i > 0 && !heads->unexpected;
}

/*
 * As the text of an array.
 */
char *
copied_heads_text(const CopiedHeads *heads)
{
	PQExpBufferData text;

	initPQExpBuffer(&text);
	appendPQExpBufferChar(&text, '{');
	for (int i = 0; i < heads->nshown; i++)
		appendPGArray(&text, heads->shown[i]);
	if (heads->more)
		appendPGArray(&text, "...");
	appendPQExpBufferChar(&text, '}');
	return text.data;
}

void
free_copied_heads(CopiedHeads *heads)
{
	for (int i = 0; i < heads->nshown; i++)
		free(heads->shown[i]);
	free(heads->seen);
	free(heads->unknown);
}
