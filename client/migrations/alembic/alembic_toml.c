/*-------------------------------------------------------------------------
 *
 * alembic_toml.c
 *		Read the table [tool.alembic] of a pyproject.toml.
 *
 * Of TOML that is what five keys need.  The whole file is split into tokens,
 * so that nothing within a string or another table is taken for ours.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/alembic/alembic_config.h"
#include "migrations/alembic/literal.h"

/* Keys are joined by what is in none. */
#define DOT "\001"
#define PREFIX "tool" DOT "alembic" DOT
#define ITEM DOT "[]"

typedef struct Toml
{
	AlembicConfig *config;
	Lexer		lexer;
} Toml;

static void read_value(Toml *toml, const Token *tokens, int ntokens, const char *path);

static char *
read_string(Toml *toml, const Token *token)
{
	Literal		value = evaluate_literal(&toml->lexer, token, 1);

	if (value.kind != LITERAL_STRING)
		refuse("%s:%d: invalid escape in a string", toml->config->path, token->line);
	return value.string;
}

/*
 * The path of a dotted key below that of its table.
 */
static char *
read_key(Toml *toml, const Token *tokens, int ntokens, const char *table)
{
	PQExpBufferData path;

	initPQExpBuffer(&path);
	appendPQExpBufferStr(&path, table);
	if (path.len > 0)
		appendPQExpBufferStr(&path, DOT);
	for (int i = 0; i < ntokens; i++)
	{
		if (tokens[i].type == TOKEN_STRING)
			appendPQExpBufferStr(&path, read_string(toml, &tokens[i]));
		else if (token_is(&tokens[i], "."))
			appendPQExpBufferStr(&path, DOT);
		else
			appendBinaryPQExpBuffer(&path, tokens[i].start, tokens[i].len);
	}
	return path.data;
}

static void
read_pair(Toml *toml, const Token *tokens, int ntokens, const char *table)
{
	int			key = ntokens > 0 ? find_token(tokens, 0, ntokens, "=", tokens[0].depth) : 0;

	if (key == 0 || key >= ntokens - 1)
		refuse("%s:%d: \"key = value\" expected", toml->config->path, toml->lexer.tokens[0].line);
	read_value(toml, tokens + key + 1, ntokens - key - 1, read_key(toml, tokens, key, table));
}

/*
 * Take a value that we want to know; it and its path say what it is.
 */
static void
note_value(Toml *toml, const Token *token, const char *path)
{
	static const char *const texts[] = {PREFIX "script_location", PREFIX "version_locations" ITEM,
										PREFIX "prepend_sys_path" ITEM};
	static const char *const flags[] = {PREFIX "recursive_version_locations", PREFIX "sourceless"};
	bool		is_string = token->type == TOKEN_STRING;
	const char *const *paths = is_string ? texts : flags;
	int			npaths = is_string ? lengthof(texts) : lengthof(flags);

	for (int i = 0; i < npaths; i++)
	{
		char	   *name;

		if (strcmp(path, paths[i]) != 0)
			continue;
		name = pnstrdup(path + strlen(PREFIX), strcspn(path + strlen(PREFIX), DOT));
		add_setting(toml->config, name,
					is_string ? read_string(toml, token) : pnstrdup(token->start, token->len),
					false, token->line);
	}
}

/*
 * Read a value: an array, an inline table, or what has no parts.
 */
static void
read_value(Toml *toml, const Token *tokens, int ntokens, const char *path)
{
	bool		is_array = token_is(tokens, "[");

	if (!is_array && !token_is(tokens, "{"))
	{
		note_value(toml, tokens, path);
		return;
	}
	for (int from = 1; from < ntokens - 1;)
	{
		int			to = find_token(tokens, from, ntokens - 1, ",", tokens[0].depth + 1);

		if (!is_array)
			read_pair(toml, tokens + from, to - from, path);
		else if (to > from)
			read_value(toml, tokens + from, to - from, psprintf("%s" ITEM, path));
		from = to + 1;
	}
}

/*
 * Take the settings of our table, in whatever way it is written.
 */
void
read_alembic_toml(AlembicConfig *config, char *text, size_t len)
{
	Toml		toml = {.config = config};
	const char *table = "";

	lexer_init(&toml.lexer, text, len, true);
	while (lexer_next_line(&toml.lexer))
	{
		const Token *tokens = toml.lexer.tokens;
		int			ntokens = toml.lexer.ntokens;

		if (!token_is(tokens, "["))
			read_pair(&toml, tokens, ntokens, table);
		else if (tokens[ntokens - 1].depth > 0)
			refuse("%s:%d: the end of the line was expected", config->path, tokens[0].line);
		else
			/* of an array of tables "[[a]]" none is ours */
			table = token_is(&tokens[1], "[") ? ITEM : read_key(&toml, tokens + 1, ntokens - 2, "");
	}
	if (toml.lexer.error)
		refuse("%s:%d: %s", config->path, toml.lexer.error_line, toml.lexer.error);
}
