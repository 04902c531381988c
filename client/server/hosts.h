/*-------------------------------------------------------------------------
 *
 * hosts.h
 *		Give each of several hosts its turn, although one of them is silent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HOSTS_H
#define HOSTS_H

#include "base/wait.h"
#include "libpq-fe.h"

/* The hosts of a connection string that are left, and the one being tried. */
typedef struct Hosts
{
	int			count;			/* 0 if not known yet */
	char	   *host;			/* lists as libpq takes them, or NULL */
	char	   *hostaddr;
	char	   *port;
	const char *current;		/* libpq's name of it */
	Millis		most;			/* connect_timeout, or 0 */
	Millis		turn;			/* how long each may take */
	Millis		begun;			/* of the current one */
	bool		skipped;		/* one is left out */
} Hosts;

extern void hosts_begin(Hosts *hosts, PGconn *conn, Millis until);
extern Millis hosts_turn(Hosts *hosts, const PGconn *conn, Millis until);
extern bool hosts_skip(Hosts *hosts, const PGconn *conn);
extern void hosts_free(Hosts *hosts);

#endif							/* HOSTS_H */
