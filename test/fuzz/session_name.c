/* session_name.c: the name of the command's sessions, client/forms/named.c */
#include "postgres_fe.h"

#include "forms/forms.h"
#include "fuzz.h"
#include "libpq-fe.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

/*
 * Of what libpq understands, nothing but that name is changed, if there is one, or
 * a service that may have one.
 */
void
fuzz_one(char *text, size_t len)
{
	char	   *changed = with_application_name(text, "gw_bootstrap run 7");
	PQconninfoOption *before = PQconninfoParse(text, NULL);
	PQconninfoOption *after;
	const char *name = NULL;
	bool		by_service = false;

	if (before == NULL || strchr(text, '=') == NULL)
		return;
	after = PQconninfoParse(changed, NULL);
	MUST(after != NULL);
	for (int i = 0; before[i].keyword; i++)
	{
		const char *wanted = before[i].val;

		if (wanted && strcmp(before[i].keyword, "service") == 0)
			by_service = true;
		if (strcmp(before[i].keyword, "application_name") == 0)
			name = after[i].val;
		if (wanted && strcmp(before[i].keyword, "application_name") == 0)
			wanted = "gw_bootstrap run 7";
		if (wanted)
			MUST(after[i].val != NULL && strcmp(after[i].val, wanted) == 0);
		else if (strcmp(before[i].keyword, "application_name") != 0)
			MUST(after[i].val == NULL);
	}
	MUST(!by_service || (name && strcmp(name, "gw_bootstrap run 7") == 0));
}
