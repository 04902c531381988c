/*-------------------------------------------------------------------------
 *
 * precautions.h
 *		What is looked at before libpq connects.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PRECAUTIONS_H
#define PRECAUTIONS_H

#include "server/session.h"

extern void name_look_ups(Session *session, const PQconninfoOption *options);
extern void replace_unread_password_file(Session *session, const PQconninfoOption *options);

#endif							/* PRECAUTIONS_H */
