/*-------------------------------------------------------------------------
 *
 * log_json.c
 *		What the client says, as JSON: one object a line.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/time.h>
#include <time.h>

#include "base/json.h"

static const char *const names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARNING] = "warning",
	[LOG_ERROR] = "error",
	[LOG_AUDIT] = "audit"};

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
static char *
event_line(int64 from_now, LogLevel level, const char *message, const char *detail,
		   const char *hint)
{
	PQExpBufferData line;
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

	initPQExpBuffer(&line);
	appendPQExpBuffer(&line, "{\"time\": \"%s.%03dZ\", \"program\": \"gw_bootstrap\"",
					  date, (int) (ms % 1000));
	append_json_member(&line, "level", names[level]);
	append_json_member(&line, "message", message);
	append_json_member(&line, "detail", detail);
	append_json_member(&line, "hint", hint);
	appendPQExpBufferStr(&line, "}\n");
	return line.data;
}

const LogFormat json_format = {event_line};
