/*-------------------------------------------------------------------------
 *
 * control.h
 *		What no value has: nothing, or control characters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONTROL_H
#define CONTROL_H

extern bool is_control(char c);
extern const char *describe_control(char c);
extern const char *control_hint(const char *rest);
extern void check_not_empty(const char *value, const char *source);
extern void check_text(const char *value, const char *source);

#endif							/* CONTROL_H */
