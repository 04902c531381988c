/* driver_url.c: what follows postgresql+DRIVER://, client/forms/url.c */
#include "postgres_fe.h"

#include "forms/conninfo.h"
#include "fuzz.h"
#include "libpq-fe.h"

const bool	fuzz_frees_all = false;

void
fuzz_prepare(void)
{
}

void
fuzz_one(char *text, size_t len)
{
	char	   *url = psprintf("postgresql+psycopg://%s", text);
	const char *conninfo = make_conninfo(url, "--dbname");

	MUST(PQconninfoParse(conninfo, NULL) != NULL);
	if (*conninfo)
		MUST(strcmp(conninfo, make_conninfo(conninfo, "--dbname")) == 0);
}
