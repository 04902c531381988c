/*-------------------------------------------------------------------------
 *
 * password_file.h
 *		Say that libpq will not read the password file, in its stead.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PASSWORD_FILE_H
#define PASSWORD_FILE_H

extern char *replace_unread_password_file(const char *conninfo);

#endif							/* PASSWORD_FILE_H */
