/*-------------------------------------------------------------------------
 *
 * doctor.h
 *		"gw_bootstrap doctor": what would break a migration here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "server/session.h"

typedef struct Doctor
{
	const Options *options;
	Session		session;
	Millis		deadline;
	bool		connected;		/* at least once */
	bool		found;			/* something bad */
	bool		no_migration;	/* --migration-url leads nowhere */
} Doctor;

extern ExitCode do_doctor(const Options *options);

extern bool migrates_elsewhere(const Doctor *doctor);
extern PGresult *doctor_ask(Doctor *doctor, Query query);
extern void doctor_tell(Doctor *doctor, Session *session, const char *subject, Query query,
						void		(*tell)(Doctor *doctor, const PGresult *result));
extern bool is_given(const PGresult *result, int row, int column);

extern void say_ok(Doctor *doctor, const char *fmt, ...) pg_attribute_printf(2, 3);
extern void say_note(Doctor *doctor, const char *remedy, const char *fmt,
					 ...) pg_attribute_printf(3, 4);
extern void say_bad(Doctor *doctor, const char *remedy, const char *fmt,
					...) pg_attribute_printf(3, 4);
extern void say_failure(Doctor *doctor, const char *subject, const Failure *failure);

extern void tell_server(Doctor *doctor, const PGresult *result);
extern void tell_extension(Doctor *doctor, const PGresult *result);
extern void tell_settings(Doctor *doctor, const PGresult *result);
extern void tell_keepalives(Doctor *doctor, const PGresult *result);
extern void tell_connections(Doctor *doctor, const PGresult *result);

extern void check_pooling(Doctor *doctor);
extern void check_second_connection(Doctor *doctor);
extern void check_names(Doctor *doctor);
extern void check_idle_transaction(Doctor *doctor);

extern void check_safety(Doctor *doctor);

extern void check_heads(Doctor *doctor);
extern void tell_privileges(Doctor *doctor, const PGresult *result);
extern void check_holder(Doctor *doctor);
extern void check_sessions(Doctor *doctor);
extern void check_other_tools(Doctor *doctor);

#endif							/* DOCTOR_H */
