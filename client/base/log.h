/*-------------------------------------------------------------------------
 *
 * log.h
 *		What the client says on stderr: one event a line, as text or JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LOG_H
#define LOG_H

#include "base/exit_code.h"

typedef enum LogLevel
{
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARNING,
	LOG_ERROR,
	LOG_AUDIT					/* said even if only errors are wanted */
} LogLevel;

/* How an event is written, so many milliseconds from now; the line is allocated. */
typedef struct LogFormat
{
	char	   *(*line)(int64 from_now, LogLevel level, const char *message, const char *detail,
				  const char *hint);
} LogFormat;

/* As it was called, which is how its lines begin. */
extern const char *program_name;

extern void log_init(const char *argv0);
extern void log_set_level(LogLevel level);
extern void log_set_format(const LogFormat *wanted);
extern void log_erase_by(void (*erase)(void));
extern void log_erase(void);
extern bool log_can_write(void);
extern bool log_is_wanted(LogLevel level);
extern bool log_is_text(void);
extern char *log_error_line(int64 from_now, const char *message);
extern void log_event(LogLevel level, const char *detail, const char *hint,
					  const char *fmt, ...) pg_attribute_printf(4, 5);

/* What was asked for cannot be done, whatever the database is like. */
#define usage_error(detail, hint, ...) \
	(log_event(LOG_ERROR, detail, hint, __VA_ARGS__), exit(EXIT_USAGE))

#define log_error(...) log_event(LOG_ERROR, NULL, NULL, __VA_ARGS__)
#define log_error_hint(hint, ...) log_event(LOG_ERROR, NULL, hint, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING, NULL, NULL, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO, NULL, NULL, __VA_ARGS__)
#define log_debug(...) log_event(LOG_DEBUG, NULL, NULL, __VA_ARGS__)

#endif							/* LOG_H */
