/*-------------------------------------------------------------------------
 *
 * exec_form.h
 *		A command for the shell, or as a JSON array for no shell.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXEC_FORM_H
#define EXEC_FORM_H

extern char **command_arguments(const char *text, const char *source);

#endif							/* EXEC_FORM_H */
