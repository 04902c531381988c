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
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/visible.h"
#include "common/logging.h"

/* How long a reader of the log may keep us waiting. */
#define WRITE_WAIT_MS 100

static LogLevel least_level = LOG_INFO;
static bool as_json = false;
static void (*erase)(void);		/* what a line of ours must not follow, or NULL */

static const struct
{
	const char *name;
	enum pg_log_level level;
	const char *prefix;			/* which pg_logging has not */
} levels[] = {
	[LOG_DEBUG] = {"debug", PG_LOG_INFO, ""},
	[LOG_INFO] = {"info", PG_LOG_INFO, ""},
	[LOG_WARNING] = {"warning", PG_LOG_WARNING, ""},
	[LOG_ERROR] = {"error", PG_LOG_ERROR, ""},
	[LOG_AUDIT] = {"audit", PG_LOG_INFO, "audit: "}};

void
log_init(const char *argv0)
{
	pg_logging_init(argv0);
	pg_logging_set_level(PG_LOG_INFO);
}

void
log_set_level(LogLevel level)
{
	least_level = level;
}

void
log_set_json(bool json)
{
	as_json = json;
}

bool
log_is_wanted(LogLevel level)
{
	return level >= least_level;
}

bool
log_is_json(void)
{
	return as_json;
}

static void
append_json_member(PQExpBuffer line, const char *name, const char *value)
{
	if (value == NULL)
		return;
	appendPQExpBuffer(line, ", \"%s\": ", name);
	append_json_string(line, value);
}

/*
 * An event as a line of JSON, at so many milliseconds from now.
 */
static void
append_json_event(PQExpBuffer line, int64 from_now, LogLevel level,
				  const char *message, const char *detail, const char *hint)
{
	struct timeval now;
	struct tm	utc;
	time_t		seconds;
	int64		ms;
	char		date[32];

	gettimeofday(&now, NULL);
	ms = (int64) now.tv_sec * 1000 + now.tv_usec / 1000 + from_now;
	seconds = ms / 1000;
	gmtime_r(&seconds, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);

	appendPQExpBuffer(line, "{\"time\": \"%s.%03dZ\", \"program\": \"gw_bootstrap\"",
					  date, (int) (ms % 1000));
	append_json_member(line, "level", levels[level].name);
	append_json_member(line, "message", message);
	append_json_member(line, "detail", detail);
	append_json_member(line, "hint", hint);
	appendPQExpBufferStr(line, "}\n");
}

static void
write_json(LogLevel level, const char *message, const char *detail, const char *hint)
{
	PQExpBufferData line;

	initPQExpBuffer(&line);
	append_json_event(&line, 0, level, message, detail, hint);
	fwrite(line.data, 1, line.len, stderr);
	termPQExpBuffer(&line);
}

/*
 * The line of an error that comes true in so many milliseconds, for somebody
 * who can do nothing but write it then.
 */
char *
log_error_line(int64 from_now, const char *message)
{
	PQExpBufferData line;

	initPQExpBuffer(&line);
	if (as_json)
		append_json_event(&line, from_now, LOG_ERROR, message, NULL, NULL);
	else
	{
		char	   *copy = make_one_line(message);

		appendPQExpBuffer(&line, "gw_bootstrap: error: %s\n", copy);
		free(copy);
	}
	return line.data;
}

static void
write_text(enum pg_log_level level, enum pg_log_part part, const char *prefix, const char *text)
{
	char	   *copy = make_one_line(text);

	pg_log_generic(level, part, "%s%s", prefix, copy);
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
	if (as_json)
		write_json(level, message, detail, hint);
	else
	{
		write_text(levels[level].level, PG_LOG_PRIMARY, levels[level].prefix, message);
		if (detail)
			write_text(levels[level].level, PG_LOG_DETAIL, "", detail);
		if (hint)
			write_text(levels[level].level, PG_LOG_HINT, "", hint);
	}
	free(message);
}
