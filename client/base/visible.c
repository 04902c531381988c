/*-------------------------------------------------------------------------
 *
 * visible.c
 *		Which characters of others may be shown as they are.
 *
 * The name of a head, or a server's message, may be anybody's words.  It must
 * not look like a line of ours, move the cursor, colour or turn round what
 * stands beside it, or hide a part of itself: neither on a terminal nor in
 * what reads a log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/visible.h"
#include "mb/pg_wchar.h"
#include "pqexpbuffer.h"

/*
 * Of Unicode the categories Cc, Cf, Zl and Zp, what may be ignored when text
 * is shown (Default_Ignorable_Code_Point), and what is no character.
 */
static const struct
{
	unsigned	first;
	unsigned	last;
} invisible[] = {
	{0x0000, 0x001F},			/* C0 */
	{0x007F, 0x009F},			/* DEL, C1 */
	{0x00AD, 0x00AD},			/* soft hyphen */
	{0x034F, 0x034F},			/* combining grapheme joiner */
	{0x0600, 0x0605},			/* Arabic number signs */
	{0x061C, 0x061C},			/* Arabic letter mark */
	{0x06DD, 0x06DD},
	{0x070F, 0x070F},			/* Syriac abbreviation mark */
	{0x0890, 0x0891},
	{0x08E2, 0x08E2},
	{0x115F, 0x1160},			/* Hangul fillers */
	{0x17B4, 0x17B5},			/* Khmer inherent vowels */
	{0x180B, 0x180F},			/* Mongolian selectors and separator */
	{0x200B, 0x200F},			/* zero width; left and right marks */
	{0x2028, 0x202E},			/* line and paragraph; embeddings, overrides */
	{0x2060, 0x206F},			/* word joiner, operators; isolates */
	{0x3164, 0x3164},			/* Hangul filler */
	{0xFDD0, 0xFDEF},			/* no characters */
	{0xFE00, 0xFE0F},			/* variation selectors */
	{0xFEFF, 0xFEFF},			/* byte order mark */
	{0xFFA0, 0xFFA0},			/* Hangul filler */
	{0xFFF0, 0xFFFB},			/* interlinear annotation */
	{0xFFFE, 0xFFFF},
	{0x110BD, 0x110BD},
	{0x110CD, 0x110CD},
	{0x13430, 0x1343F},			/* Egyptian joiners */
	{0x1BCA0, 0x1BCA3},			/* shorthand format controls */
	{0x1D173, 0x1D17A},			/* musical format controls */
	{0xE0000, 0xE0FFF},			/* tags, variation selectors */
};

static bool
is_visible_code(unsigned code)
{
	for (int i = 0; i < lengthof(invisible); i++)
		if (code >= invisible[i].first && code <= invisible[i].last)
			return false;
	return true;
}

/*
 * The character at the beginning of a text.  Returns false at the end.
 */
bool
next_character(Character *character, const char *text)
{
	const unsigned char *s = (const unsigned char *) text;
	int			len = pg_utf_mblen(s);

	*character = (Character) {.start = text, .len = 1, .code = *s};
	character->is_legal = len <= strnlen(text, 4) && pg_utf8_islegal(s, len);
	if (character->is_legal)
	{
		character->len = len;
		character->code = utf8_to_unicode(s);
		character->is_visible = is_visible_code(character->code);
	}
	return *s != '\0';
}

/*
 * A copy of the text in which everything can be seen.
 */
char *
make_one_line(const char *text)
{
	PQExpBufferData line;
	Character	c;

	initPQExpBuffer(&line);
	for (; next_character(&c, text); text += c.len)
	{
		if (c.is_visible)
			appendBinaryPQExpBuffer(&line, c.start, c.len);
		else if (strchr("\t\n\r", *c.start))
			appendPQExpBufferChar(&line, ' ');
		else
			appendPQExpBuffer(&line, !c.is_legal ? "\\x%02x" : c.code > 0xFFFF ? "\\U%08x" :
																				 "\\u%04x",
							  c.code);
	}
	return line.data;
}
