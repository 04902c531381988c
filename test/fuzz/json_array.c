/* json_array.c: a command as a JSON array, client/forms/exec_form.c */
#include "postgres_fe.h"

#include "base/json.h"
#include "forms/forms.h"
#include "fuzz.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

/*
 * An array that is taken is the same once it has been written by us.
 */
void
fuzz_one(char *text, size_t len)
{
	char	  **items = command_arguments(text, "--migrate");
	char	  **again;
	PQExpBufferData json;

	MUST(items[0] != NULL && items[0][0] != '\0');
	initPQExpBuffer(&json);
	for (char **item = items; *item; item++)
	{
		/* what is not UTF-8 is written otherwise */
		for (const char *c = *item; *c; c++)
		{
			if (*c & 0x80)
				return;
		}
		appendPQExpBufferStr(&json, item == items ? "[" : ", ");
		append_json_string(&json, *item);
	}
	appendPQExpBufferChar(&json, ']');
	again = command_arguments(json.data, "--migrate");
	for (char **item = items; *item; item++, again++)
		MUST(*again != NULL && strcmp(*item, *again) == 0);
	MUST(*again == NULL);
}
