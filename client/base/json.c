/*-------------------------------------------------------------------------
 *
 * json.c
 *		Write JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/json.h"
#include "mb/pg_wchar.h"

/*
 * Append a JSON string, or null.  What is not UTF-8 gets the replacement
 * character.
 */
void
append_json_string(PQExpBuffer json, const char *text)
{
	int			len;

	if (text == NULL)
	{
		appendPQExpBufferStr(json, "null");
		return;
	}
	appendPQExpBufferChar(json, '"');
	for (const unsigned char *s = (const unsigned char *) text; *s; s += len)
	{
		int			left = strnlen((const char *) s, 4);

		len = pg_utf_mblen(s);
		if (len > left || !pg_utf8_islegal(s, len))
		{
			appendPQExpBufferStr(json, "\\ufffd");
			len = 1;
		}
		else if (*s == '"' || *s == '\\')
			appendPQExpBuffer(json, "\\%c", *s);
		else if (*s < ' ' || *s == 0x7f)
			appendPQExpBuffer(json, "\\u%04x", *s);
		else
			appendBinaryPQExpBuffer(json, (const char *) s, len);
	}
	appendPQExpBufferChar(json, '"');
}
