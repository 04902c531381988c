/*-------------------------------------------------------------------------
 *
 * log.c
 *		What the client says on stderr: one event a line, as text or JSON.
 *
 * Text is PostgreSQL's own logging of client programs, with detail and hint
 * on lines of their own.  In JSON they are members of the one object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/visible.h"
#include "common/logging.h"

/* How long a reader of the log may keep us waiting. */
#define WRITE_WAIT_MS 100

static LogLevel least_level = LOG_INFO;
static void (*erase)(void);		/* what a line of ours must not follow, or NULL */

static const LogFormat *format; /* NULL if it is text */
const char *program_name = "gw_bootstrap";

void
log_init(const char *argv0)
{
	program_name = get_progname(argv0);
	pg_logging_init(argv0);
	pg_logging_set_level(PG_LOG_INFO);
}

void
log_set_level(LogLevel level)
{
	least_level = level;
}

/*
 * NULL is text.
 */
void
log_set_format(const LogFormat *wanted)
{
	format = wanted;
}

bool
log_is_wanted(LogLevel level)
{
	return level >= least_level;
}

bool
log_is_text(void)
{
	return format == NULL;
}

/*
 * The line of an error that comes true in so many milliseconds, for somebody
 * who can do nothing but write it then.
 */
char *
log_error_line(int64 from_now, const char *message)
{
	char	   *copy;
	char	   *line;

	if (format)
		return format->line(from_now, LOG_ERROR, message, NULL, NULL);
	copy = make_one_line(message);
	line = psprintf("%s: error: %s\n", program_name, copy);
	free(copy);
	return line;
}

static void
write_text(LogLevel level, enum pg_log_part part, const char *prefix, const char *text)
{
	char	   *copy = make_one_line(text);

	pg_log_generic(level == LOG_WARNING ? PG_LOG_WARNING : level == LOG_ERROR ? PG_LOG_ERROR :
																				PG_LOG_INFO,
				   part, "%s%s", prefix, copy);
	free(copy);
}

/*
 * Nobody may be reading what we write: a line is then left out rather than
 * have the guard unwatched and the deadline pass.
 */
bool
log_can_write(void)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
	int			rc;

	do
		rc = poll(&fd, 1, WRITE_WAIT_MS);
	while (rc < 0 && errno == EINTR);

	return rc != 0;
}

void
log_erase_by(void (*function)(void))
{
	erase = function;
}

void
log_erase(void)
{
	if (erase)
		erase();
}

/*
 * Say something.  Detail and hint are NULL or empty if there are none.
 */
void
log_event(LogLevel level, const char *detail, const char *hint, const char *fmt, ...)
{
	int			save_errno = errno;	/* for %m */
	char	   *message;
	va_list		args;

	if (!log_is_wanted(level) || !log_can_write())
		return;

	errno = save_errno;
	va_start(args, fmt);
	message = format_args(fmt, args);
	va_end(args);

	log_erase();
	if (detail && *detail == '\0')
		detail = NULL;
	if (hint && *hint == '\0')
		hint = NULL;
	if (format)
	{
		char	   *line = format->line(0, level, message, detail, hint);

		fputs(line, stderr);
		free(line);
	}
	else
	{
		write_text(level, PG_LOG_PRIMARY, level == LOG_AUDIT ? "audit: " : "", message);
		if (detail)
			write_text(level, PG_LOG_DETAIL, "", detail);
		if (hint)
			write_text(level, PG_LOG_HINT, "", hint);
	}
	free(message);
}
