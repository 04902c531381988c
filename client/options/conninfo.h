/*-------------------------------------------------------------------------
 *
 * conninfo.h
 *		The connection string, as libpq takes it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONNINFO_H
#define CONNINFO_H

extern bool is_uri(const char *text);
extern const char *make_conninfo(const char *dbname, const char *source);

#endif							/* CONNINFO_H */
