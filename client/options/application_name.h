/*-------------------------------------------------------------------------
 *
 * application_name.h
 *		By what the server knows the sessions of a command.
 *
 *-------------------------------------------------------------------------
 */
#ifndef APPLICATION_NAME_H
#define APPLICATION_NAME_H

#include "options/options.h"

extern char *command_application_name(const char *name, const Target *target);
extern const char *command_url(const char *url, const char *name, const Options *options);

#endif							/* APPLICATION_NAME_H */
