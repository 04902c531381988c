/*-------------------------------------------------------------------------
 *
 * conninfo.h
 *		The connection string, as libpq takes it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONNINFO_H
#define CONNINFO_H

/* One of key=value pairs. */
typedef struct Pair
{
	const char *key;
	int			key_len;
	const char *end;			/* of the value; NULL if there is no value */
} Pair;

extern bool next_pair(Pair *pair, const char *text);
extern char *without_doubled_percents(const char *uri);
extern bool is_uri(const char *text);
extern const char *make_conninfo(const char *dbname, const char *source);

#endif							/* CONNINFO_H */
