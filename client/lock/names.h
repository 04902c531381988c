/*-------------------------------------------------------------------------
 *
 * names.h
 *		Whether the server knows a session by the name that was sent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NAMES_H
#define NAMES_H

#include "server/session.h"

extern char *sent_application_name(const Session *session);
extern bool is_name_sent(const char *sent, const char *arrived);

#endif							/* NAMES_H */
