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
 * golang-migrate's, of the names of schema, table and database.
 */
static uint32
crc32_of_names(const MigrationTool *tool, const char *dbname, const char *schema)
{
	char		names[512];
	int			length;

	length = snprintf(names, sizeof(names), "%s%c%s%c%s", schema, 0, tool->head_table, 0, dbname);
	return crc32(names, Min(length, (int) sizeof(names)));
}

static bool
is_lock_of(const MigrationTool *tool, const ToolLock *lock, int64 key, const char *dbname,
		   const char *schema)
{
	switch (lock->kind)
	{
		case LOCK_NONE:
			return false;
		case LOCK_KEY:
			return key == lock->number;
		case LOCK_TIMES_DATABASE:
			return key == lock->number * (int64) crc32(dbname, strlen(dbname));
		case LOCK_TIMES_NAMES:
			return key == (uint32) (crc32_of_names(tool, dbname, schema) * (uint32) lock->number);
		case LOCK_PLUS_HASH:
			return key >= lock->number + PG_INT32_MIN && key <= lock->number + PG_INT32_MAX;
	}
	return false;
}

/*
 * Whose lock that is in the database of that name, with tables in that schema;
 * NULL if it is not known.
 */
const char *
tool_of_lock(int64 key, const char *dbname, const char *schema)
{
	for (const MigrationTool *tool = migration_tools; tool->title; tool++)
	{
		for (int i = 0; i < lengthof(tool->locks); i++)
		{
			if (is_lock_of(tool, &tool->locks[i], key, dbname, schema))
				return tool->title;
		}
	}
	return NULL;
}

/*
 * Whether it is that of the tool, under whichever of its entries.
 */
bool
is_lock_of_tool(const MigrationTool *tool, int64 key, const char *dbname, const char *schema)
{
	const char *owner = tool_of_lock(key, dbname, schema);

	return owner != NULL && strcmp(owner, tool->title) == 0;
}
