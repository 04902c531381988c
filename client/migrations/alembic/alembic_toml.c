/*-------------------------------------------------------------------------
 *
 * alembic_toml.c
 *		Read the table [tool.alembic] of a pyproject.toml.
 *
 * Of TOML that is what five keys need: an inline table has none of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "migrations/alembic/alembic.h"
#include "migrations/alembic/source.h"
#include "pqexpbuffer.h"

#define PREFIX ".tool.alembic."

/*
 * Append a dot and a dotted key, without the quotes and blanks in it.
 */
static void
append_key(PQExpBuffer key, const Source *source, const char *from, const char *to)
{
	appendPQExpBufferChar(key, '.');
	for (const char *c = source->text + (from - source->code); from < to; from++, c++)
	{
		if (!strchr(" \t\"'", *c))
			appendPQExpBufferChar(key, *c);
	}
}

/*
 * Take a value that we want to know: a string, "true" or "false", or an array of strings,
 * which becomes lines.
 */
static void
take_value(AlembicConfig *config, const Source *source, const char *key, const char *from,
		   const char *to)
{
	Literal		value = evaluate_literal(source, from, to);
	const Literal *items = value.kind == LITERAL_STRING ? &value : value.items;
	int			nitems = value.kind == LITERAL_STRING ? 1 : value.nitems;
	int			line = line_at(source->text, value.at);
	PQExpBufferData text;

	initPQExpBuffer(&text);
	if (value.name)
		appendBinaryPQExpBuffer(&text, value.name, value.name_len);
	else if (value.kind == LITERAL_UNKNOWN)
		refuse("%s:%d: the value of %s is %s", config->path, line, key, value.why);
	for (int i = 0; i < nitems; i++)
	{
		if (items[i].kind != LITERAL_STRING)
			refuse("%s:%d: %s is not an array of strings", config->path, line, key);
		appendPQExpBuffer(&text, "%s%s", i > 0 ? "\n" : "", items[i].string);
	}
	add_setting(config, key, text.data, false, line);
}

/*
 * Read what a line says in a table, or to which table those after it belong.
 */
static void
read_line(AlembicConfig *config, const Source *source, const char *line, PQExpBuffer table)
{
	static const char *const keys[] = {"script_location", "version_locations", "prepend_sys_path",
									   "recursive_version_locations", "sourceless"};
	const char *end = line + strlen(line);
	const char *equals = find_outside(line, end, '=');
	PQExpBufferData key;

	if (*line == '[')
	{
		/* of an array of tables "[[a]]" none is ours */
		resetPQExpBuffer(table);
		append_key(table, source, line + 1, find_outside(line + 1, end, ']'));
		return;
	}
	if (equals == end)
		refuse("%s:%d: \"key = value\" expected", config->path,
			   line_at(source->text, source->text + (line - source->code)));
	initPQExpBuffer(&key);
	appendPQExpBufferStr(&key, table->data);
	append_key(&key, source, line, equals);
	for (int i = 0; i < lengthof(keys); i++)
	{
		if (has_prefix(key.data, PREFIX) && strcmp(key.data + strlen(PREFIX), keys[i]) == 0)
			take_value(config, source, keys[i], equals + 1, end);
	}
	termPQExpBuffer(&key);
}

/*
 * Take the settings of our table, in whatever way its name is written.
 */
void
read_alembic_toml(AlembicConfig *config, char *text, size_t len)
{
	Source		source;
	PQExpBufferData table;
	char	   *next;
	char	   *line;

	read_source(&source, text, len, true);
	if (source.error)
		refuse("%s:%d: %s", config->path, line_at(source.text, source.error_at), source.error);
	initPQExpBuffer(&table);
	next = source.code;
	while ((line = strsep(&next, "\n")) != NULL)
	{
		if (*skip_blanks(line))
			read_line(config, &source, skip_blanks(line), &table);
	}
}
