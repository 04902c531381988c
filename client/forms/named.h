/*-------------------------------------------------------------------------
 *
 * named.h
 *		A connection string whose sessions get another name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NAMED_H
#define NAMED_H

extern char *with_application_name(const char *url, const char *application_name);

#endif							/* NAMED_H */
