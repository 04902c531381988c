/*-------------------------------------------------------------------------
 *
 * migration_tool.h
 *		What differs between migration tools: one row each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGRATION_TOOL_H
#define MIGRATION_TOOL_H

#include "fe_utils/simple_list.h"
#include "migrations/modules.h"

/* How file names give the versions that a tool records. */
typedef struct NameRule
{
	const char *names;			/* regular expression; its groups are \1 to \9 */
	const char *but_not;		/* names that match this one don't count, or NULL */
	const char *version;		/* made of the groups */
	ModuleReader module;		/* of the files, where names don't tell; or NULL */
	const char *inside; /* file without which a folder is none, if the
								 * names are those of folders; or NULL */
	const char *lines_of;		/* file whose lines are meant, instead of names */
	const char *owner;   /* line of that file whose group names whose they are:
								 * it comes before each version, with a colon */
	const char *aside;   /* comment of a file that stands for those before it,
								 * and is run by new databases alone; or NULL */
	const char *maybe;			/* names that count only if it is configured so, or NULL */
	int			flags;
} NameRule;

/* Where the condition of a tool names such files. */
#define ASIDE "ASIDE"

enum
{
	NAMES_BELOW = 0x01,			/* of folders below, too */
	AS_NUMBER = 0x02,			/* without leading zeros; two of one are refused */
	AS_DOTTED = 0x04,			/* "_" is "."; two of one are refused */
	WITHOUT_DASHES = 0x08,
	WITHOUT_GAPS = 0x10,		/* from 1 on */
	ONCE = 0x20,				/* two of one are refused */
	MAYBE_BELOW = 0x40			/* of folders below, if its configuration says so */
};

/* How a tool makes the key of its session-level advisory lock. */
typedef enum LockKind
{
	LOCK_NONE,
	LOCK_KEY,					/* the number */
	LOCK_TIMES_DATABASE,		/* the number times CRC-32 of the database's name */
	LOCK_TIMES_NAMES,			/* the same of schema, table and database, 32 bits */
	LOCK_PLUS_HASH				/* the number plus a hash of 32 bits */
} LockKind;

typedef struct ToolLock
{
	LockKind	kind;
	int64		number;
} ToolLock;

/* A table with a row that says "locked". */
typedef struct LockRow
{
	const char *table;
	const char *column;			/* says so by "t" or "1"; NULL: any row does */
	const char *remedy;			/* with %s for that table, as SQL has its name */
	bool		single;			/* a second row makes it unusable */
} LockRow;

typedef struct MigrationTool
{
	const char *name;	  /* in --migrations=NAME:PATH; NULL: known by its
								 * lock alone */
	const char *title;			/* as its users write it */
	const char *head_table;
	const char *head_column;
	const char *head_rule;
	const char *head_order;
	const char *head_condition; /* or NULL */
	NameRule	rule;
	void		(*read)(const char *path, const char *source, SimpleStringList *heads,
				 SimpleStringList *known); /* or NULL: by the rule; neither:
													 * only a frozen list tells */
	const char *repair;			/* what its users do about a failed migration */
	ToolLock	locks[2];
	LockRow		row;
} MigrationTool;

extern const MigrationTool migration_tools[];

extern const MigrationTool *find_migration_tool(const char *name);
extern void list_migration_tools(void);
extern char *migration_tool_names(void);

/* tool_locks.c */
extern const char *tool_of_lock(int64 key, const char *dbname, const char *schema);
extern bool is_lock_of_tool(const MigrationTool *tool, int64 key, const char *dbname,
							const char *schema, const char *table);

#endif							/* MIGRATION_TOOL_H */
