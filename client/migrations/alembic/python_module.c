/*-------------------------------------------------------------------------
 *
 * python_module.c
 *		What a Python file assigns to some names of its module.
 *
 * Only what is certain without running the file counts: assignments of
 * literals by statements that are executed whatever happens.  Any other way to
 * bind one of the names (section 7 and 8 of the language reference) makes its
 * value unknown, until a certain assignment follows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/alembic/python_module.h"

#define MAX_BLOCKS 100			/* as Python's MAXINDENT */

/* What an indented block does to assignments within it. */
typedef enum BlockKind
{
	BLOCK_MODULE,
	BLOCK_CONDITIONAL,			/* if, for, try ... */
	BLOCK_SCOPE					/* def and class: they bind names of their own */
} BlockKind;

typedef struct Module
{
	PyLexer		lexer;
	PyVariable *variables;
	int			nvariables;
	int			star_import;	/* line, or 0 */
	struct
	{
		BlockKind	kind;
		int			indent;
	} blocks[MAX_BLOCKS];
	int			nblocks;
} Module;

static bool
is_name(const PyToken *token, const char *name)
{
	return token->type == PY_NAME && py_token_is(token, name);
}

static bool
is_operator(const PyToken *token, const char *text)
{
	return token->type == PY_OPERATOR && py_token_is(token, text);
}

/*
 * Bind a name to a value, if we want to know about it.
 */
static void
bind(Module *module, const PyToken *name, PyValue value, bool conditional)
{
	for (int i = 0; i < module->nvariables; i++)
	{
		if (!is_name(name, module->variables[i].name))
			continue;
		module->variables[i].value = conditional ?
			py_unknown(name->line, "assigned only under a condition") :
			value;
	}
}

static void
bind_unknown(Module *module, const PyToken *name, const char *why)
{
	bind(module, name, py_unknown(name->line, why), false);
}

/*
 * Assign a value to one target, or its items to several.
 */
static void
assign(Module *module, const PyToken *tokens, int ntokens, PyValue value, bool conditional)
{
	int			depth;
	int			ntargets = 0;
	bool		fits;

	if (ntokens == 0)
		return;
	depth = tokens[0].depth;
	if (py_find(tokens, 0, ntokens, ",", depth) == ntokens)
	{
		if (ntokens == 1)
			bind(module, tokens, value, conditional);
		else if (is_operator(tokens, "*") && !is_operator(tokens + 1, "*"))
			assign(module, tokens + 1, ntokens - 1, py_unknown(tokens->line, "not a literal"),
				   conditional);
		else if ((is_operator(tokens, "(") || is_operator(tokens, "[")) &&
				 tokens[ntokens - 1].depth == depth && tokens[1].depth > depth)
			assign(module, tokens + 1, ntokens - 2, value, conditional);
		/* others are attributes and items of something */
		return;
	}

	for (int from = 0; from < ntokens; ntargets++)
		from = py_find(tokens, from, ntokens, ",", depth) + 1;
	fits = value.kind == PY_SEQUENCE && value.nitems == ntargets &&
		py_find(tokens, 0, ntokens, "*", depth) == ntokens;
	for (int from = 0, i = 0; from < ntokens; i++)
	{
		int			to = py_find(tokens, from, ntokens, ",", depth);

		assign(module, tokens + from, to - from,
			   fits ? value.items[i] : py_unknown(tokens->line, "not a literal"), conditional);
		from = to + 1;
	}
}

/*
 * "target = target = value", with an annotation of the only target perhaps.
 */
static void
read_assignment(Module *module, const PyToken *tokens, int ntokens, bool conditional)
{
	int			first = py_find(tokens, 0, ntokens, "=", 0);
	int			colon = py_find(tokens, 0, first, ":", 0);
	int			last = first;
	PyValue		value;

	for (int next = first; next < ntokens; next = py_find(tokens, next + 1, ntokens, "=", 0))
		last = next;
	value = py_evaluate(&module->lexer, tokens + last + 1, ntokens - last - 1);
	for (int from = 0; from < last;)
	{
		int			to = py_find(tokens, from, last, "=", 0);

		assign(module, tokens + from, (from == 0 ? colon : to) - from, value, conditional);
		from = to + 1;
	}
}

/*
 * "import a.b as c, d" and "from m import a as b, *".
 */
static void
read_import(Module *module, const PyToken *tokens, int ntokens)
{
	int			i = 0;

	while (i < ntokens && !is_name(&tokens[i], "import"))
		i++;
	for (i++; i < ntokens; i++)
	{
		const PyToken *bound = &tokens[i];

		if (is_operator(bound, "("))
			continue;
		if (is_operator(bound, "*"))
		{
			module->star_import = bound->line;
			for (int v = 0; v < module->nvariables; v++)
			{
				if (module->variables[v].value.kind != PY_UNSET)
					module->variables[v].value = py_unknown(bound->line, PERHAPS_IMPORTED);
			}
		}
		for (; i < ntokens && !is_operator(&tokens[i], ","); i++)
		{
			if (is_name(&tokens[i], "as") && i + 1 < ntokens)
				bound = &tokens[i + 1];
		}
		bind_unknown(module, bound, "imported");
	}
}

/*
 * One simple statement.
 */
static void
read_statement(Module *module, const PyToken *tokens, int ntokens, bool conditional)
{
	static const char *const augmented[] = {"+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=",
											"^=", ">>=", "<<=", "**=", NULL};

	if (ntokens == 0)
		return;
	if (is_name(tokens, "import") || is_name(tokens, "from"))
		read_import(module, tokens, ntokens);
	else if (is_name(tokens, "del"))
	{
		for (int i = 1; i < ntokens; i++)
			bind_unknown(module, &tokens[i], "deleted");
	}
	else if (py_find(tokens, 0, ntokens, "=", 0) < ntokens)
		read_assignment(module, tokens, ntokens, conditional);
	for (int i = 0; ntokens > 1 && augmented[i]; i++)
	{
		if (is_operator(&tokens[1], augmented[i]))
			bind_unknown(module, tokens, "computed");
	}
	for (int i = 0; i + 1 < ntokens; i++)
	{
		if (is_operator(&tokens[i + 1], ":="))
			bind_unknown(module, &tokens[i], "assigned within an expression");
	}
}

static void
read_statements(Module *module, const PyToken *tokens, int ntokens, bool conditional)
{
	for (int from = 0; from < ntokens;)
	{
		int			to = py_find(tokens, from, ntokens, ";", 0);

		read_statement(module, tokens + from, to - from, conditional);
		from = to + 1;
	}
}

/*
 * The colon that ends the header of a compound statement, which is not that
 * of a lambda.
 */
static int
header_end(const PyToken *tokens, int ntokens)
{
	int			lambdas = 0;

	for (int i = 0; i < ntokens; i++)
	{
		if (tokens[i].depth == 0 && is_name(&tokens[i], "lambda"))
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
read_header(Module *module, const PyToken *tokens, int ntokens)
{
	bool		targets = false;
	bool		pattern = is_name(tokens, "case");
	int			as_depth = -1;

	for (int i = 0; i < ntokens; i++)
	{
		if (is_operator(&tokens[i], ",") && tokens[i].depth <= as_depth)
			as_depth = -1;
		if (is_name(&tokens[i], "for"))
			targets = true;
		else if (is_name(&tokens[i], "in"))
			targets = false;
		else if (targets)
			bind_unknown(module, &tokens[i], "the variable of a loop");
		else if (is_name(&tokens[i], "as"))
			as_depth = tokens[i].depth;
		else if (pattern || as_depth >= 0)
			bind_unknown(module, &tokens[i], "bound by a compound statement");
		else if (i > 0 && tokens[i].depth == 0 &&
				 (is_name(&tokens[i - 1], "def") || is_name(&tokens[i - 1], "class")))
			bind_unknown(module, &tokens[i], "a function or class");
		else if (i + 1 < ntokens && is_operator(&tokens[i + 1], ":="))
			bind_unknown(module, &tokens[i], "assigned within an expression");
	}
}

static bool
begins_with(const PyToken *tokens, const char *const *words)
{
	for (int i = 0; words[i]; i++)
	{
		if (is_name(tokens, words[i]))
			return true;
	}
	return false;
}

/*
 * Open or close blocks as the indentation of a line says.
 */
static bool
follow_indentation(Module *module, bool expected, BlockKind kind, PyError *error)
{
	int			indent = module->lexer.indent;
	int			line = module->lexer.tokens[0].line;

	if (expected != (indent > module->blocks[module->nblocks - 1].indent))
	{
		*error = (PyError) {line,
							expected ? "an indented block was expected" : "unexpected indent"};
		return false;
	}
	if (expected)
	{
		if (module->nblocks == MAX_BLOCKS)
		{
			*error = (PyError) {line, "too many levels of indentation"};
			return false;
		}
		module->blocks[module->nblocks].kind = Max(kind, module->blocks[module->nblocks - 1].kind);
		module->blocks[module->nblocks++].indent = indent;
		return true;
	}
	while (module->blocks[module->nblocks - 1].indent > indent)
		module->nblocks--;
	if (module->blocks[module->nblocks - 1].indent == indent)
		return true;
	*error = (PyError) {line, "unindent does not match any outer level"};
	return false;
}

/*
 * Not all that Python refuses can be told from here, but a statement of Python
 * 2 and the mark of an unfinished merge are: a word that follows another one,
 * and a line that begins like the middle of an expression.
 */
static bool
check_syntax(const PyLexer *lexer, PyError *error)
{
	static const char *const keywords[] = {"and", "as", "assert", "async", "await", "break", "case",
										   "class", "continue", "def", "del", "elif", "else",
										   "except", "finally", "for", "from", "global",
										   "if", "import", "in", "is", "lambda", "match",
										   "nonlocal", "not", "or", "pass", "raise", "return",
										   "try", "type", "while", "with", "yield", NULL};
	const PyToken *tokens = lexer->tokens;

	*error = (PyError) {tokens[0].line, "invalid syntax"};
	if (tokens[0].type == PY_OPERATOR && strchr("([{~+-*@", *tokens[0].start) == NULL &&
		!is_operator(&tokens[0], "..."))
		return false;
	for (int i = 0; i + 1 < lexer->ntokens; i++)
	{
		if (tokens[i].type != PY_NAME || tokens[i + 1].type == PY_OPERATOR ||
			begins_with(&tokens[i], keywords))
			continue;
		error->line = tokens[i].line;
		if (tokens[i + 1].type != PY_NAME || !begins_with(&tokens[i + 1], keywords))
			return false;
	}
	return true;
}

/*
 * "case PATTERN:", other than a variable of that name with an annotation.
 */
static bool
is_case(const PyToken *tokens, int ntokens)
{
	int			end = header_end(tokens, ntokens);

	return is_name(tokens, "case") && end > 1 && end < ntokens;
}

/*
 * Read one logical line.  Returns whether it opens a block, and of what kind.
 */
static bool
read_line(Module *module, BlockKind *opened)
{
	static const char *const scopes[] = {"def", "class", NULL};
	static const char *const conditions[] = {"if", "elif", "else", "for", "while", "try", "except",
											 "finally", "with", NULL};
	const PyToken *tokens = module->lexer.tokens;
	int			ntokens = module->lexer.ntokens;
	BlockKind	kind = module->blocks[module->nblocks - 1].kind;
	bool		opens = is_operator(&tokens[ntokens - 1], ":") && tokens[ntokens - 1].depth == 0;
	int			async = is_name(tokens, "async") && ntokens > 1 ? 1 : 0;
	bool		scope = begins_with(tokens + async, scopes);
	bool		global = false;
	int			end = ntokens;

	*opened = scope ? BLOCK_SCOPE : BLOCK_CONDITIONAL;
	if (kind == BLOCK_SCOPE)
	{
		for (int i = 1; i < ntokens && is_name(tokens, "global"); i++)
			bind_unknown(module, &tokens[i], "changed by a function");
		return opens;
	}

	/* The body of a function in the same line. */
	for (int i = 0; i < ntokens && scope; i++)
	{
		if (is_name(&tokens[i], "global"))
			global = true;
		else if (is_operator(&tokens[i], ";"))
			global = false;
		else if (global)
			bind_unknown(module, &tokens[i], "changed by a function");
	}
	if (opens || scope || begins_with(tokens + async, conditions) ||
		(kind == BLOCK_CONDITIONAL && is_case(tokens, ntokens)))
	{
		end = header_end(tokens, ntokens);
		read_header(module, tokens, end);
		if (!scope)
			read_statements(module, tokens + Min(end + 1, ntokens), Max(ntokens - end - 1, 0),
							true);
	}
	else
		read_statements(module, tokens, ntokens, kind == BLOCK_CONDITIONAL);
	return opens;
}

/*
 * Read a module from its source text, which has room for a null byte after it
 * and is changed.  Returns false if it is not Python, as far as can be told.
 */
bool
py_read_module(char *text, size_t len, PyVariable *variables, int nvariables, PyError *error)
{
	Module		module = {.variables = variables, .nvariables = nvariables, .nblocks = 1};
	bool		opens = false;
	BlockKind	kind = BLOCK_MODULE;
	bool		good = true;

	py_lexer_init(&module.lexer, text, len);
	while (good && py_next_line(&module.lexer))
	{
		good = check_syntax(&module.lexer, error) &&
			follow_indentation(&module, opens, kind, error);
		if (good)
			opens = read_line(&module, &kind);
	}
	if (good && module.lexer.error)
		*error = (PyError) {module.lexer.error_line, module.lexer.error};
	else if (good && opens)
		*error = (PyError) {module.lexer.line, "an indented block was expected"};
	good = good && !module.lexer.error && !opens;
	for (int i = 0; i < nvariables && module.star_import; i++)
	{
		if (variables[i].value.kind == PY_UNSET)
			variables[i].value = py_unknown(module.star_import, PERHAPS_IMPORTED);
	}
	py_lexer_free(&module.lexer);
	return good;
}
