/*-------------------------------------------------------------------------
 *
 * settings.h
 *		What a connection string sets, while it is being read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "libpq-fe.h"
#include "pqexpbuffer.h"

typedef struct Settings
{
	PQconninfoOption *items;	/* all that libpq knows, to be filled in */
	PQExpBufferData left_out;	/* keys that are the driver's alone */
	const char *reason;			/* why it is refused, or NULL; never quotes it */
} Settings;

#define NOT_PARAMETERS ": what follows \"?\" are no parameters"

extern void begin_settings(Settings *settings);
extern bool is_setting(const Settings *settings, const char *keyword);
extern const char *get_setting(const Settings *settings, const char *keyword);
extern bool set_setting(Settings *settings, const char *keyword, const char *value);
extern void leave_out(Settings *settings, const char *key);
extern void split_sockets(Settings *settings);
extern char *write_settings(const Settings *settings);
extern void end_settings(Settings *settings);

#endif							/* SETTINGS_H */
