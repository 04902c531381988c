/*-------------------------------------------------------------------------
 *
 * javascript.h
 *		The words, strings and symbols of JavaScript and TypeScript.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVASCRIPT_H
#define JAVASCRIPT_H

typedef enum ScriptTokenKind
{
	SCRIPT_END,
	SCRIPT_WORD,
	SCRIPT_STRING,				/* without its quotes; empty if code is in it */
	SCRIPT_SYMBOL,				/* one character; "/" for a pattern as well */
	SCRIPT_UNENDED				/* a comment or a template has no end */
} ScriptTokenKind;

typedef struct ScriptToken
{
	ScriptTokenKind kind;
	const char *start;
	int			len;
} ScriptToken;

typedef struct ScriptScanner
{
	const char *next;
	ScriptToken token;
	int			depth;			/* of templates within templates */
} ScriptScanner;

extern void begin_script(ScriptScanner *scanner, const char *text);
extern void next_script_token(ScriptScanner *scanner);

#endif							/* JAVASCRIPT_H */
