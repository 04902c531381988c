/*-------------------------------------------------------------------------
 *
 * json.c
 *		Write JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/json.h"
#include "base/visible.h"

/*
 * Append a JSON string, or null.  What cannot be seen is escaped, since it is
 * seen by whoever reads the line as it is; what is not UTF-8 gets the
 * replacement character.
 */
void
append_json_string(PQExpBuffer json, const char *text)
{
	Character	c;

	if (text == NULL)
	{
		appendPQExpBufferStr(json, "null");
		return;
	}
	appendPQExpBufferChar(json, '"');
	for (; next_character(&c, text); text += c.len)
	{
		if (!c.is_legal)
			appendPQExpBufferStr(json, "\\ufffd");
		else if (c.code == '"' || c.code == '\\')
			appendPQExpBuffer(json, "\\%c", c.code);
		else if (c.is_visible)
			appendBinaryPQExpBuffer(json, c.start, c.len);
		else if (c.code > 0xFFFF)
			appendPQExpBuffer(json, "\\u%04x\\u%04x",
							  0xD7C0 + (c.code >> 10), 0xDC00 + (c.code & 0x3FF));
		else
			appendPQExpBuffer(json, "\\u%04x", c.code);
	}
	appendPQExpBufferChar(json, '"');
}
