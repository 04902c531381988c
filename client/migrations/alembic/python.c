/*-------------------------------------------------------------------------
 *
 * python.c
 *		What a revision file of Alembic assigns.
 *
 * Only what is certain without running the file counts: assignments of
 * literals by statements of the module that are executed whatever happens.
 * Any other way to bind one of the names (section 7 and 8 of the language
 * reference) makes its value unknown, until a certain assignment follows; one
 * that a function may bind stays unknown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <limits.h>

#include "migrations/alembic/python.h"

#define MAX_BLOCKS 100			/* as Python's MAXINDENT */

static const char changed[] = "changed by a function";

static const char *const names[VARIABLES] = {
	"revision", "down_revision", "depends_on", "branch_labels"};

/* What an indented block does to assignments within it. */
typedef enum BlockKind
{
	BLOCK_MODULE,
	BLOCK_CONDITIONAL,			/* if, for, try ... */
	BLOCK_SCOPE					/* def and class: they bind names of their own */
} BlockKind;

typedef struct Module
{
	Lexer		lexer;
	Literal    *variables;
	int			star_import;	/* line, or 0 */
	struct
	{
		BlockKind	kind;
		int			indent;
	} blocks[MAX_BLOCKS];
	int			nblocks;
	bool		expects_block;	/* after a colon */
	BlockKind	expected;
} Module;

static inline bool
is_word(const Token *token, const char *word)
{
	return token->type == TOKEN_WORD && token_is(token, word);
}

static inline bool
is_operator(const Token *token, const char *text)
{
	return token->type == TOKEN_OPERATOR && token_is(token, text);
}

static bool
is_one_of(const Token *token, const char *const *words)
{
	while (*words && !is_word(token, *words))
		words++;
	return *words != NULL;
}

/*
 * The variable that a token names, if we want to know about it.
 */
static Literal *
find_variable(const Module *module, const Token *token)
{
	for (int i = 0; i < VARIABLES && token->type == TOKEN_WORD; i++)
	{
		if (token_is(token, names[i]))
			return &module->variables[i];
	}
	return NULL;
}

static void
set_variable(Literal *variable, Literal value)
{
	if (variable && variable->why != changed)
		*variable = value;
}

static void
bind_unknown(Module *module, const Token *name, const char *why)
{
	set_variable(find_variable(module, name), unknown_literal(name->line, why));
}

/*
 * Assign a value to a name, or its items to several.  Other targets are
 * attributes and items of something.
 */
static void
assign(Module *module, const Literal *target, Literal value)
{
	bool		fits = value.kind == LITERAL_SEQUENCE && value.nitems == target->nitems &&
		!value.is_open && !target->is_open;

	if (target->name)
		set_variable(find_variable(module, target->name), value);
	for (int i = 0; i < target->nitems; i++)
		assign(module, &target->items[i],
			   fits ? value.items[i] : unknown_literal(target->line, "not a literal"));
}

/*
 * "target = target = value", with an annotation of the only target perhaps.
 */
static void
read_assignment(Module *module, const Token *tokens, int ntokens, bool conditional)
{
	int			end = 0;
	int			last = ntokens;
	Literal		value;

	while (end < ntokens && !(tokens[end].depth == 0 && is_word(&tokens[end], "lambda")))
		end++;
	for (int i = 0; (i = find_token(tokens, i, end, "=", 0)) < end; i++)
		last = i;
	if (last == ntokens)
		return;
	value = evaluate_literal(&module->lexer, tokens + last + 1, ntokens - last - 1);
	if (conditional)
		value = unknown_literal(tokens->line, "assigned only under a condition");
	for (int from = 0; from <= last;)
	{
		int			to = find_token(tokens, from, last, "=", 0);
		int			colon = find_token(tokens, from, to, ":", 0);
		Literal		target = evaluate_literal(&module->lexer, tokens + from, colon - from);

		assign(module, &target, value);
		from = to + 1;
	}
}

/*
 * "import a.b as c, d" and "from m import a as b, *".
 */
static void
read_import(Module *module, const Token *tokens, int ntokens)
{
	int			i = 0;

	while (i < ntokens && !is_word(&tokens[i], "import"))
		i++;
	for (i++; i < ntokens; i++)
	{
		if (!is_operator(&tokens[i - 1], ".") &&
			!(i + 1 < ntokens && is_word(&tokens[i + 1], "as")))
			bind_unknown(module, &tokens[i], "imported");
		if (!is_operator(&tokens[i], "*"))
			continue;
		module->star_import = tokens[i].line;
		for (int v = 0; v < VARIABLES; v++)
		{
			if (module->variables[v].kind != LITERAL_UNSET)
				set_variable(&module->variables[v],
							 unknown_literal(tokens[i].line, PERHAPS_IMPORTED));
		}
	}
}

/*
 * Names that operators bind: ":=" in any expression, "+=" and such.
 */
static void
read_operators(Module *module, const Token *tokens, int ntokens)
{
	for (int i = 0; i + 1 < ntokens; i++)
	{
		const Token *next = &tokens[i + 1];
		bool		ends = next->len > 1 && next->start[next->len - 1] == '=';
		bool		compares = next->len == 2 && strchr("=!<>", *next->start);

		if (next->type == TOKEN_OPERATOR && ends && !compares)
			bind_unknown(module, &tokens[i], "computed");
	}
}

static void
read_statements(Module *module, const Token *tokens, int ntokens, bool conditional)
{
	for (int from = 0; from < ntokens;)
	{
		int			to = find_token(tokens, from, ntokens, ";", 0);
		const Token *first = &tokens[from];

		read_operators(module, first, to - from);
		if (is_word(first, "import") || is_word(first, "from"))
			read_import(module, first, to - from);
		else if (is_word(first, "del") ||
				 (is_word(first, "type") && to - from > 1 && first[1].type == TOKEN_WORD))
		{
			for (int i = from; i < to; i++)
				bind_unknown(module, &tokens[i], "deleted or made a type");
		}
		else
			read_assignment(module, first, to - from, conditional);
		from = to + 1;
	}
}

/*
 * The colon that ends the header of a compound statement, which is not that
 * of a lambda.
 */
static int
header_end(const Token *tokens, int ntokens)
{
	int			lambdas = 0;

	for (int i = 0; i < ntokens; i++)
	{
		if (tokens[i].depth == 0 && is_word(&tokens[i], "lambda"))
			lambdas++;
		else if (tokens[i].depth == 0 && is_operator(&tokens[i], ":") && lambdas-- == 0)
			return i;
	}
	return ntokens;
}

/*
 * The names that the header of a compound statement binds: those of "def" and
 * "class", of "for ... in", after "as", and those of a pattern after "case".
 */
static void
read_header(Module *module, const Token *tokens, int ntokens)
{
	bool		binds = is_word(tokens, "case");
	bool		names_scope = false;

	read_operators(module, tokens, ntokens);
	for (int i = 0; i < ntokens; i++)
	{
		if (binds || names_scope)
			bind_unknown(module, &tokens[i], "bound by a compound statement");
		names_scope = is_word(&tokens[i], "def") || is_word(&tokens[i], "class");
		if (is_word(&tokens[i], "for") || is_word(&tokens[i], "as"))
			binds = true;
		else if (is_word(&tokens[i], "in"))
			binds = false;
	}
}

/*
 * A function may bind what it calls global, whenever it is called.
 */
static void
read_global(Module *module, const Token *tokens, int ntokens)
{
	bool		is_global = false;

	for (int i = 0; i < ntokens; i++)
	{
		if (is_word(&tokens[i], "global"))
			is_global = true;
		else if (is_operator(&tokens[i], ";"))
			is_global = false;
		else if (is_global)
			bind_unknown(module, &tokens[i], changed);
	}
}

/*
 * Open or close blocks as the indentation of a line says.  Returns what is
 * wrong with it, or NULL.
 */
static const char *
follow_indentation(Module *module)
{
	int			indent = module->lexer.indent;
	int			top = module->nblocks - 1;

	if (module->expects_block && indent <= module->blocks[top].indent)
		return "an indented block was expected";
	if (!module->expects_block && indent > module->blocks[top].indent)
		return "unexpected indent";
	if (module->nblocks == MAX_BLOCKS)
		return "too many levels of indentation";
	if (module->expects_block)
	{
		module->blocks[module->nblocks].kind = Max(module->expected, module->blocks[top].kind);
		module->blocks[module->nblocks++].indent = indent;
	}
	while (module->blocks[module->nblocks - 1].indent > indent)
		module->nblocks--;
	if (module->blocks[module->nblocks - 1].indent < indent)
		return "unindent does not match any outer level";
	return NULL;
}

static bool
is_keyword(const Token *token)
{
	static const char *const by_length[] = {
		[2] = "as if in is or ",
		[3] = "and def del for not try ",
		[4] = "case elif else from pass type with ",
		[5] = "async await break class match raise while yield ",
		[6] = "assert except global import lambda return ",
		[7] = "finally ",
		[8] = "continue nonlocal "};
	const char *word = token->len < lengthof(by_length) ? by_length[token->len] : NULL;

	while (word && *word && memcmp(word, token->start, token->len) != 0)
		word += token->len + 1;
	return word && *word;
}

/*
 * Look over a line for what needs a closer look, without a branch for each token, since
 * most of a file is code of no interest: a word that another one or a literal follows,
 * and what by its first letter and length may be one of the names, or "import".
 */
static void
look_over(const Token *tokens, int ntokens, bool *words_meet, bool *may_bind)
{
	static unsigned int lengths[UCHAR_MAX + 1];
	unsigned int candidates = 0;
	bool		after_word = false;

	if (lengths['i'] == 0)
	{
		for (int v = 0; v < VARIABLES; v++)
			lengths[(unsigned char) *names[v]] |= 1U << strlen(names[v]);
		lengths['i'] = 1U << strlen("import");
	}
	*words_meet = false;
	for (int i = 0; i < ntokens; i++)
	{
		candidates |= lengths[(unsigned char) *tokens[i].start] & 1U << (tokens[i].len & 31);
		*words_meet |= after_word & (tokens[i].type != TOKEN_OPERATOR);
		after_word = tokens[i].type == TOKEN_WORD;
	}
	*may_bind = candidates != 0;
}

/*
 * Not all that Python refuses can be told from here, but a statement of Python
 * 2 and the mark of an unfinished merge are: a word that follows another one,
 * and a line that begins like the middle of an expression.  Returns the token
 * that is wrong, or NULL.
 */
static const Token *
check_syntax(const Token *tokens, int ntokens, bool words_meet)
{
	if (tokens[0].type == TOKEN_OPERATOR && !strchr("([{~+-*@.", *tokens[0].start))
		return &tokens[0];
	for (int i = 0; words_meet && i + 1 < ntokens; i++)
	{
		if (tokens[i].type == TOKEN_WORD && tokens[i + 1].type != TOKEN_OPERATOR &&
			!is_keyword(&tokens[i]) && !is_keyword(&tokens[i + 1]))
			return &tokens[i];
	}
	return NULL;
}

/*
 * Read what a logical line binds.
 */
static void
read_line(Module *module, const Token *tokens, int ntokens, bool may_bind)
{
	static const char *const conditions[] = {"if", "elif", "else", "for", "while", "try", "except",
											 "finally", "with", NULL};
	BlockKind	kind = module->blocks[module->nblocks - 1].kind;
	const Token *first = is_word(tokens, "async") && ntokens > 1 ? tokens + 1 : tokens;
	bool		scope = is_word(first, "def") || is_word(first, "class");
	const Token *last = &tokens[ntokens - 1];
	int			end;
	bool		is_case;

	module->expects_block = last->depth == 0 && is_operator(last, ":");
	module->expected = scope ? BLOCK_SCOPE : BLOCK_CONDITIONAL;
	if (!may_bind)
		return;
	if (kind == BLOCK_SCOPE || scope)
		read_global(module, tokens, ntokens);
	if (kind == BLOCK_SCOPE)
		return;
	end = header_end(tokens, ntokens);
	is_case = kind == BLOCK_CONDITIONAL && is_word(tokens, "case") && end > 1 && end < ntokens;
	if (!scope && !module->expects_block && !is_one_of(first, conditions) && !is_case)
	{
		read_statements(module, tokens, ntokens, kind == BLOCK_CONDITIONAL);
		return;
	}
	read_header(module, tokens, end);
	if (!scope && end < ntokens)
		read_statements(module, tokens + end + 1, ntokens - end - 1, true);
}

/*
 * Read a file from its text, which has room for a null byte after it and is
 * changed.  Returns why it is not Python, as far as can be told, or NULL.
 */
const char *
read_python(char *text, size_t len, Literal *variables, int *error_line)
{
	Module		module = {.variables = variables, .nblocks = 1};
	Lexer	   *lexer = &module.lexer;
	const char *error = NULL;
	static Token *tokens;		/* kept for the next file */
	static int	allocated;

	lexer_init(lexer, text, len, false);
	lexer->tokens = tokens;
	lexer->allocated = allocated;
	while (error == NULL && lexer_next_line(lexer))
	{
		const Token *wrong;
		bool		words_meet;
		bool		may_bind;

		look_over(lexer->tokens, lexer->ntokens, &words_meet, &may_bind);
		wrong = check_syntax(lexer->tokens, lexer->ntokens, words_meet);
		*error_line = wrong ? wrong->line : lexer->tokens[0].line;
		error = wrong ? "invalid syntax" : follow_indentation(&module);
		if (error == NULL)
			read_line(&module, lexer->tokens, lexer->ntokens, may_bind);
	}
	if (error == NULL)
	{
		*error_line = lexer->error ? lexer->error_line : lexer->line;
		error = lexer->error	 ? lexer->error :
			module.expects_block ? "an indented block was expected" :
								   NULL;
	}
	for (int i = 0; i < VARIABLES && module.star_import; i++)
	{
		if (variables[i].kind == LITERAL_UNSET)
			variables[i] = unknown_literal(module.star_import, PERHAPS_IMPORTED);
	}
	tokens = lexer->tokens;
	allocated = lexer->allocated;
	return error;
}
