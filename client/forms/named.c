/*-------------------------------------------------------------------------
 *
 * named.c
 *		A connection string whose sessions get another name.
 *
 * A service may have a name for its sessions, too.  It is weaker than what the
 * string itself says, but stronger than PGAPPNAME.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "fe_utils/string_utils.h"
#include "base/text.h"
#include "forms/conninfo.h"
#include "forms/forms.h"
#include "forms/url.h"

#define KEYWORD "application_name"
#define SERVICE "service"

/*
 * Pairs.  The name comes first, since what stands last, such as "password=",
 * would take it for its value.
 */
static char *
name_in_pairs(const char *pairs, const char *application_name)
{
	PQExpBufferData others;
	Pair		pair;
	bool		is_named = getenv("PGSERVICE") != NULL;
	char	   *named;

	initPQExpBuffer(&others);
	for (const char *rest = pairs; next_pair(&pair, rest); rest = pair.end)
	{
		char	   *key = pnstrdup(pair.key, pair.key_len);
		bool		is_name = strcmp(key, KEYWORD) == 0;

		is_named |= is_name || strcmp(key, SERVICE) == 0;
		free(key);
		if (pair.end == NULL)
		{
			is_named = false;
			break;				/* nothing that we understand */
		}
		if (!is_name)
			appendPQExpBuffer(&others, " %.*s", (int) (pair.end - pair.key), pair.key);
	}
	named = is_named ? psprintf(KEYWORD "='%s'%s", application_name, others.data) :
					   pg_strdup(pairs);
	termPQExpBuffer(&others);

	return named;
}

/*
 * A plain word is the name of a database.
 */
static char *
name_for_database(const char *dbname, const char *application_name)
{
	PQExpBufferData pairs;

	if (getenv("PGSERVICE") == NULL)
		return pg_strdup(dbname);
	initPQExpBuffer(&pairs);
	appendPQExpBuffer(&pairs, KEYWORD "='%s' dbname=", application_name);
	appendConnStrVal(&pairs, dbname);
	return pairs.data;
}

/*
 * Whether a URI is read by libpq, which knows services: as its own, or for
 * psycopg.  Another driver may not know the parameter.
 */
static bool
is_for_libpq(const char *uri)
{
	const char *driver = memchr(uri, '+', strstr(uri, "://") - uri);

	return driver == NULL || has_prefix(driver, "+psycopg");
}

/*
 * Whether the parameter, which may be percent-encoded, has this keyword.
 */
static bool
is_keyword(const char *parameter, size_t len, const char *keyword)
{
	char	   *raw = pnstrdup(parameter, len);
	char	   *uri = without_doubled_percents(raw);
	char	   *key = decode_percents(uri, strlen(uri), false);
	bool		is_same = key && strcmp(key, keyword) == 0;

	free(raw);
	free(uri);
	free(key);
	return is_same;
}

static char *
name_in_uri(const char *uri, const char *application_name)
{
	const char *rest = find_parameters(uri);
	int			place_len = rest ? rest - uri : strlen(uri);
	PQExpBufferData name;
	PQExpBufferData parameters;
	bool		is_named = !is_for_libpq(uri);
	bool		by_service = getenv("PGSERVICE") != NULL;

	initPQExpBuffer(&name);
	for (const char *c = application_name; *c; c++)
		appendPQExpBufferStr(&name, *c == ' ' ? "%20" : (char[]) {*c, '\0'});
	initPQExpBuffer(&parameters);
	while (rest && *rest++)
	{
		size_t		len = strcspn(rest, "&");
		size_t		key_len = strcspn(rest, "=&");
		bool		is_name = is_keyword(rest, key_len, KEYWORD);

		by_service |= is_keyword(rest, key_len, SERVICE);
		is_named |= is_name;
		appendPQExpBufferStr(&parameters, parameters.len > 0 ? "&" : "?");
		appendBinaryPQExpBuffer(&parameters, rest, is_name ? key_len : len);
		if (is_name)
			appendPQExpBuffer(&parameters, "=%s", name.data);
		rest += len;
	}
	if (is_named || !by_service)
		return psprintf("%.*s%s", place_len, uri, parameters.data);
	/* not behind them, where there may be a "&" already */
	return psprintf("%.*s?" KEYWORD "=%s%s%s", place_len, uri, name.data,
					parameters.len > 1 ? "&" : "", parameters.len > 1 ? parameters.data + 1 : "");
}

/*
 * The same URL or connection string, but if it names its sessions, or a service
 * may do so, with that name.  All else stays as it was written: it may be meant
 * for another driver.
 */
char *
with_application_name(const char *url, const char *application_name)
{
	if (is_uri(url))
		return name_in_uri(url, application_name);
	if (strchr(url, '=') != NULL)
		return name_in_pairs(url, application_name);
	return name_for_database(url, application_name);
}
