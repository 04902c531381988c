/*-------------------------------------------------------------------------
 *
 * environment.h
 *		Which environment variables libpq sees, and which the commands.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "options/options.h"

extern void hide_session_settings(void);
extern void restore_session_settings(void);
extern char *command_application_name(const char *name, const Target *target);
extern void set_command_environment(const char *application_name, const char *database_url);

#endif							/* ENVIRONMENT_H */
