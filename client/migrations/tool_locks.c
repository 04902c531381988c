/*-------------------------------------------------------------------------
 *
 * tool_locks.c
 *		Whose advisory lock a key is.
 *
 * The numbers are in the table of tools.  Ecto's key is a hash of Erlang terms,
 * which is not known here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/migration_tool.h"

/*
 * CRC-32 as of zlib; PostgreSQL has it in the backend alone.
 */
static uint32
crc32(const char *text, size_t length)
{
	uint32		crc = 0xFFFFFFFF;

	for (size_t i = 0; i < length; i++)
	{
		crc ^= (unsigned char) text[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320 : 0);
	}
	return ~crc;
}

/*
 * What keys are made of.
 */
typedef struct LockNames
{
	const char *dbname;
	const char *schema;
	const char *table;
} LockNames;

/*
 * golang-migrate's, of the names of schema, table and database.
 */
static uint32
crc32_of_names(const LockNames *names)
{
	char		text[512];
	int			length;

	length = snprintf(text, sizeof(text), "%s%c%s%c%s", names->schema, 0, names->table, 0,
					  names->dbname);
	return crc32(text, Min(length, (int) sizeof(text)));
}

static bool
is_lock_of(const ToolLock *lock, int64 key, const LockNames *names)
{
	switch (lock->kind)
	{
		case LOCK_NONE:
			return false;
		case LOCK_KEY:
			return key == lock->number;
		case LOCK_TIMES_DATABASE:
			return key == lock->number * (int64) crc32(names->dbname, strlen(names->dbname));
		case LOCK_TIMES_NAMES:
			return key == (uint32) (crc32_of_names(names) * (uint32) lock->number);
		case LOCK_PLUS_HASH:
			return key >= lock->number + PG_INT32_MIN && key <= lock->number + PG_INT32_MAX;
	}
	return false;
}

/*
 * Whether it is that of the tool in the database of that name, for a head table in that schema;
 * of its usual name, if that is NULL.
 */
bool
is_lock_of_tool(const MigrationTool *tool, int64 key, const char *dbname, const char *schema,
				const char *table)
{
	LockNames	names = {dbname, schema, table ? table : tool->head_table};

	for (int i = 0; i < lengthof(tool->locks); i++)
	{
		if (is_lock_of(&tool->locks[i], key, &names))
			return true;
	}
	return false;
}

/*
 * Whose lock that is, with tables of the usual names; NULL if it is not known.
 */
const char *
tool_of_lock(int64 key, const char *dbname, const char *schema)
{
	for (const MigrationTool *tool = migration_tools; tool->title; tool++)
	{
		if (is_lock_of_tool(tool, key, dbname, schema, NULL))
			return tool->title;
	}
	return NULL;
}
