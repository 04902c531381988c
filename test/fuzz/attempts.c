/* attempts.c: what libpq says of attempts to connect, client/server/attempts.c, transient.c, poolers.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "server/attempts.h"

const bool	fuzz_frees_all = true;

void
fuzz_prepare(void)
{
}

void
fuzz_one(char *text, size_t len)
{
	Attempts	attempts;
	PQExpBufferData said;
	const Attempt *decisive;

	read_attempts(&attempts, text);
	MUST(attempts.count > 0);
	decisive = decisive_attempt(&attempts);
	MUST(decisive >= attempts.attempt && decisive < attempts.attempt + attempts.count);
	for (int i = 0; i < attempts.count; i++)
		MUST(attempts.attempt[i].reason <= attempts.attempt[i].field[MESSAGE].len);
	initPQExpBuffer(&said);
	append_attempts(&said, &attempts);
	termPQExpBuffer(&said);
	free_attempts(&attempts);
}
