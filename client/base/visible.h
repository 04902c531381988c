/*-------------------------------------------------------------------------
 *
 * visible.h
 *		Which characters of others may be shown as they are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VISIBLE_H
#define VISIBLE_H

/* One character of UTF-8, or a byte that is none. */
typedef struct Character
{
	const char *start;
	int			len;
	unsigned	code;			/* in Unicode, or the byte */
	bool		is_legal;
	bool		is_visible;		/* it neither hides text nor commands a terminal */
} Character;

extern bool next_character(Character *character, const char *text);
extern char *make_one_line(const char *text);

#endif							/* VISIBLE_H */
