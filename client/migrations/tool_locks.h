/*-------------------------------------------------------------------------
 *
 * tool_locks.h
 *		The advisory locks of other migration tools.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TOOL_LOCKS_H
#define TOOL_LOCKS_H

extern const char *tool_of_lock(int64 key, const char *dbname, const char *schema);

#endif							/* TOOL_LOCKS_H */
