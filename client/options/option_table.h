/*-------------------------------------------------------------------------
 *
 * option_table.h
 *		Every option, one row each: the command line, the environment and the
 *		help are read from it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include "options/options.h"

/* What an option's value is, and so what its field in Options is. */
typedef enum OptionType
{
	OPTION_TEXT,				/* char *, which is one line */
	OPTION_PATH,				/* the same, or empty for none */
	OPTION_SHELL,				/* the same, of any number of lines */
	OPTION_URL,					/* char *, with a password perhaps */
	OPTION_HEADS,				/* SimpleStringList */
	OPTION_ALEMBIC,				/* TOOL:PATH, given as PATH */
	OPTION_LIST,				/* the same, given as FILE, without a tool */
	OPTION_WORD,				/* char *: one of a few */
	OPTION_BOOL,				/* bool; no value means true */
	OPTION_SWITCH,				/* bool; it takes no value */
	OPTION_SECONDS,				/* int */
	OPTION_BIGINT				/* int64 */
} OptionType;

typedef struct Option
{
	const char *name;
	char		letter;			/* or 0 */
	OptionType	type;
	size_t		field;			/* offset in Options */
	const char *variables[3];	/* the first one set counts */
	const char *value;			/* what it is called in the help */
	const char *help;			/* lines */
	int			unfit_for;		/* what a command does that has no use for it */
	const char *words;			/* as a hint has them */
	/* Prints what was asked for in place of anything else; or NULL. */
	void		(*tell)(const Mode *modes);
} Option;

/* option_table.c */
extern const Option option_table[];
extern const int option_count;

/* help.c */
extern void print_help(const Mode *modes);
extern void print_version(const Mode *modes);

/* secret.c */
extern const char *value_in_file(const Option *option, const char **variable);

#endif							/* OPTION_TABLE_H */
