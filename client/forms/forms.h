/*-------------------------------------------------------------------------
 *
 * forms.h
 *		What was asked for, in the forms in which others write it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FORMS_H
#define FORMS_H

#include "options/options.h"

/* forms.c */
extern void take_connection_strings(Options *options);
extern void take_commands(Options *options);

/* exec_form.c */
extern char **command_arguments(const char *text, const char *source);

/* named.c */
extern char *with_application_name(const char *url, const char *application_name);

/* service.c */
extern const char *name_sessions(const char *url, const char *application_name);

#endif							/* FORMS_H */
