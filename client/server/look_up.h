/*-------------------------------------------------------------------------
 *
 * look_up.h
 *		Which host names libpq has to look up.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LOOK_UP_H
#define LOOK_UP_H

extern char *describe_look_up(const char *conninfo);

#endif							/* LOOK_UP_H */
