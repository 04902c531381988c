/*-------------------------------------------------------------------------
 *
 * text.h
 *		Text of any length.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>

/* The most that is shown of what others wrote. */
#define MOST_TEXT 4096

extern char *format_args(const char *fmt, va_list args) pg_attribute_printf(1, 0);
extern bool has_prefix(const char *text, const char *prefix);
extern bool has_any_prefix(const char *text, const char *const *prefixes);
extern char *strip_blanks(char *text);
extern char *copy_bounded(const char *text, size_t len, size_t most);

#endif							/* TEXT_H */
