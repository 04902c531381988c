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

/* What to do where names do not arrive: to be known by them, or to show a token by one. */
#define NAMES_REMEDY \
	"Migrate as a role of its own, by --migration-url, whose sessions are known whatever their" \
	" name; or by --migrate-sql."
#define TOKEN_REMEDY \
	"Lead past the pooler by --migration-url, or let each session set gw_bootstrap.token to" \
	" GW_BOOTSTRAP_TOKEN."

extern char *sent_application_name(const Session *session);
extern bool is_name_sent(const char *sent, const char *arrived);

#endif							/* NAMES_H */
