/*-------------------------------------------------------------------------
 *
 * hosts.h
 *		Give each of several hosts its turn, although one of them is silent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HOSTS_H
#define HOSTS_H

#include "server/session.h"

extern bool open_in_turns(Session *session, const char *conninfo, Millis until);

#endif							/* HOSTS_H */
