/*-------------------------------------------------------------------------
 *
 * values.h
 *		Parse the values of options and environment variables.
 *
 * Each ends the program with EXIT_USAGE, naming the source, if it refuses.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VALUES_H
#define VALUES_H

#include "fe_utils/simple_list.h"
#include "options/option_table.h"

extern void check_controls(const char *value, const char *what);
extern void check_text(const char *value, const char *source);
extern void check_value(OptionType type, const char *value, const char *source);
extern char *parse_word(const char *value, const char *source, const char *words);
extern bool parse_bool(const char *value, const char *source);
extern int64 parse_integer(const char *value, const char *source, int64 min, int64 max);
extern void add_head(SimpleStringList *heads, const char *head, const char *source);
extern void add_heads(SimpleStringList *heads, const char *list, const char *source);

#endif							/* VALUES_H */
