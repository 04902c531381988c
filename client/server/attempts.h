/*-------------------------------------------------------------------------
 *
 * attempts.h
 *		What libpq tells of a connection, attempt by attempt.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include "pqexpbuffer.h"
#include "server/transient.h"

#define SQLSTATE_LEN 5

/* The fields of an error that libpq writes one below the other. */
enum
{
	MESSAGE,					/* what libpq says before it, and the reason */
	DETAIL,
	HINT,
	LOCATION,
	FIELDS
};

/* One attempt, or what a connection said that had been made. */
typedef struct Attempt
{
	char	   *where;			/* host and port, or empty */
	char		sqlstate[SQLSTATE_LEN + 1];	/* or empty */
	PQExpBufferData field[FIELDS];
	size_t		reason;			/* where that begins in the message */
	const Rule *rule;			/* by which it is judged */
} Attempt;

typedef struct Attempts
{
	Attempt    *attempt;		/* in their order */
	int			count;
} Attempts;

extern void read_attempts(Attempts *attempts, const char *text);
extern const Attempt *decisive_attempt(const Attempts *attempts);
extern void append_attempts(PQExpBuffer to, const Attempts *attempts);
extern void append_line(PQExpBuffer to, const char *from, size_t len);
extern void free_attempts(Attempts *attempts);

#endif							/* ATTEMPTS_H */
