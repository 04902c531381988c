/*-------------------------------------------------------------------------
 *
 * extension.h
 *		Find the extension, create it, or do without.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXTENSION_H
#define EXTENSION_H

#include "server/session.h"

extern bool find_or_create_extension(Session *session, const Options *options, Millis deadline);

#endif							/* EXTENSION_H */
