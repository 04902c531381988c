/*-------------------------------------------------------------------------
 *
 * url.h
 *		URLs that name a driver, as SQLAlchemy reads them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef URL_H
#define URL_H

#include "forms/settings.h"

extern void read_driver_url(const char *url, Settings *settings);
extern const char *find_parameters(const char *uri);
extern char *decode_percents(const char *text, size_t len, bool plus_is_space);

#endif							/* URL_H */
