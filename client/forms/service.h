/*-------------------------------------------------------------------------
 *
 * service.h
 *		A service of libpq's that names its sessions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SERVICE_H
#define SERVICE_H

extern void unfold_service(const char *application_name);

#endif							/* SERVICE_H */
