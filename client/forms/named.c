/*-------------------------------------------------------------------------
 *
 * named.c
 *		A connection string whose sessions get another name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "forms/conninfo.h"
#include "forms/forms.h"
#include "forms/url.h"
#include "pqexpbuffer.h"

#define KEYWORD "application_name"
#define PARAMETER KEYWORD "="

/*
 * Pairs.  The name comes first, since what stands last, such as "password=",
 * would take it for its value.
 */
static char *
name_in_pairs(const char *pairs, const char *application_name)
{
	PQExpBufferData others;
	Pair		pair;
	bool		is_named = false;
	char	   *named;

	initPQExpBuffer(&others);
	for (const char *rest = pairs; next_pair(&pair, rest); rest = pair.end)
	{
		if (pair.end == NULL)
		{
			is_named = false;
			break;				/* nothing that we understand */
		}
		if (pair.key_len == strlen(KEYWORD) && strncmp(pair.key, KEYWORD, pair.key_len) == 0)
			is_named = true;
		else
			appendPQExpBuffer(&others, " %.*s", (int) (pair.end - pair.key), pair.key);
	}
	named = is_named ? psprintf(KEYWORD "='%s'%s", application_name, others.data) :
					   pg_strdup(pairs);
	termPQExpBuffer(&others);

	return named;
}

/*
 * The same URL or connection string, but if it names its sessions, with that
 * name.  All else stays as it was written: it may be meant for another driver.
 */
char *
with_application_name(const char *url, const char *application_name)
{
	PQExpBufferData buf;
	const char *rest;
	const char *found;

	if (!is_uri(url))
		return name_in_pairs(url, application_name);

	rest = find_parameters(url);
	if (rest == NULL)
		return pg_strdup(url);
	initPQExpBuffer(&buf);
	appendBinaryPQExpBuffer(&buf, url, rest - url);
	while ((found = strstr(rest, PARAMETER)) != NULL)
	{
		const char *value = found + strlen(PARAMETER);

		appendBinaryPQExpBuffer(&buf, rest, value - rest);
		rest = value;
		if (found[-1] != '?' && found[-1] != '&')
			continue;			/* fallback_application_name */
		for (const char *c = application_name; *c; c++)
			appendPQExpBufferStr(&buf, *c == ' ' ? "%20" : (char[]) {*c, '\0'});
		rest += strcspn(rest, "&");
	}
	appendPQExpBufferStr(&buf, rest);

	return buf.data;
}
