/* messages.c: what others wrote, made fit for a line, client/base/visible.c and json.c */
#include "postgres_fe.h"

#include "base/json.h"
#include "base/text.h"
#include "base/visible.h"
#include "forms/forms.h"
#include "fuzz.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

void
fuzz_one(char *text, size_t len)
{
	PQExpBufferData json;
	Character	c;
	char	   *line = make_one_line(text);
	char	   *same = make_one_line(line);
	char	   *cut = copy_bounded(text, len, 16);
	bool		legal = true;

	MUST(strcmp(line, same) == 0);
	MUST(strlen(cut) <= 16 && (len > 16 || strcmp(cut, text) == 0));

	/* a JSON string means what it was made of, and is printable */
	for (const char *next = text; next_character(&c, next); next += c.len)
		legal = legal && c.is_legal;
	initPQExpBuffer(&json);
	appendPQExpBufferChar(&json, '[');
	append_json_string(&json, text);
	appendPQExpBufferChar(&json, ']');
	MUST(strcmp(make_one_line(json.data), json.data) == 0);
	if (len > 0)
	{
		char	  **items = command_arguments(json.data, "JSON");

		MUST(items[0] != NULL && items[1] == NULL);
		MUST(!legal || strcmp(items[0], text) == 0);
	}
}
