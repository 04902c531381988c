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

extern void take_connection_strings(Options *options);
extern void take_commands(Options *options);

#endif							/* FORMS_H */
