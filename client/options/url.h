/*-------------------------------------------------------------------------
 *
 * url.h
 *		URLs that name a driver, as SQLAlchemy reads them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef URL_H
#define URL_H

extern char *driver_url_to_conninfo(const char *url, const char *source, const char **reason);

#endif							/* URL_H */
