/*-------------------------------------------------------------------------
 *
 * python.c
 *		What a revision file of Alembic assigns.
 *
 * Only what is certain without running the file counts: assignments of
 * literals by statements of the module that are executed whatever happens.
 * Wherever else one of the names may be bound (section 7 and 8 of the language
 * reference) its value becomes unknown, until a certain assignment follows; one
 * that a function may bind stays unknown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/alembic/python.h"

#define MAX_BLOCKS 100			/* as Python's MAXINDENT */

/* Why the value of a name is unknown. */
static const char changed[] = "changed by a function";
static const char compound[] = "bound by a compound statement";
static const char computed[] = "computed";
static const char imported[] = "imported";
static const char removed[] = "deleted or made a type";

static const char *const names[VARIABLES] = {
	"revision", "down_revision", "depends_on", "branch_labels"};

/* What binds names that are strings or not seen; in a function those that are seen. */
#define NAMESPACES "globals locals vars exec eval modules "
#define BINDING "revision down_revision depends_on branch_labels global " NAMESPACES

/* Without these in its text a file has no function that binds names of the module. */
static const char *const risks[] = {"global", "modules"};

/* Where a statement is. */
typedef enum Place
{
	IN_MODULE,
	UNDER_CONDITION,			/* if, for, try ... */
	HEADS_SCOPE,				/* def and class: they bind names of their own */
	IN_SCOPE
} Place;

/* What the first word of a statement says. */
static const struct Statement
{
	const char *words;
	const char *why;			/* the names in it are unknown, or NULL */
	Place		place;
	bool		followed;		/* only if by another word */
} statements[] = {
	{"from import ", imported, IN_MODULE},
	{"def class ", NULL, HEADS_SCOPE},
	{"del ", removed, IN_MODULE},
	{"type ", removed, IN_MODULE, true},
	{"for ", compound, UNDER_CONDITION}, /* up to "in" */
	{"case ", compound, UNDER_CONDITION},
	{"if elif else while try except finally with match ", NULL, UNDER_CONDITION},
	{"", NULL, IN_MODULE}};

typedef struct Module
{
	Source		source;
	Literal    *variables;
	bool		has_risks;
	int			indents[MAX_BLOCKS];	/* of the blocks that are open */
	int			nblocks;
	int			scope;			/* the block whose def or class is open; or MAX_BLOCKS */
	bool		expects_block;	/* after a colon */
} Module;

static size_t
word_length(const char *s)
{
	const char *end = s;

	while (is_a(*end, WORD))
		end++;
	return end - s;
}

/*
 * Whether that is one of the words, each of which a blank follows.
 */
static bool
is_one_of(const char *s, size_t len, const char *words)
{
	while (*words && (*s != *words || strncmp(s, words, len) != 0 || words[len] != ' '))
	{
		while (*words++ != ' ')
			;
	}
	return *words != '\0';
}

static const struct Statement *
find_statement(const char *s)
{
	const struct Statement *statement = statements;
	size_t		len = word_length(s);
	const char *next = skip_blanks(s + len);

	if (is_one_of(s, len, "async "))
		return find_statement(next);
	while (*statement->words &&
		   (!is_one_of(s, len, statement->words) ||
			(statement->followed && !is_a(*next, WORD))))
		statement++;
	return statement;
}

/*
 * Give a variable of that name a value, if we want to know about it.
 */
static void
set_variable(Module *module, const char *name, size_t len, Literal value)
{
	for (int v = 0; v < VARIABLES; v++)
	{
		if (strncmp(name, names[v], len) == 0 && names[v][len] == '\0' &&
			module->variables[v].why != changed)
			module->variables[v] = value;
	}
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
	Literal		unknown = {.kind = LITERAL_UNKNOWN, .at = target->at, .why = "not a literal"};

	if (target->name)
		set_variable(module, target->name, target->name_len, value);
	for (int i = 0; i < target->nitems; i++)
		assign(module, &target->items[i], fits ? value.items[i] : unknown);
}

/*
 * The next "=" that assigns; "to" if there is none.
 */
static const char *
next_assignment(const char *from, const char *to)
{
	for (const char *s = from; (s = find_outside(s, to, '=')) < to; s++)
	{
		if (s[1] == '=')
			s++;
		else if (s == from || !strchr("!<>:+-*/%@&|^", s[-1]))
			return s;
	}
	return to;
}

static const char *
last_assignment(const char *from, const char *to)
{
	const char *last = to;

	for (const char *s = from; (s = next_assignment(s, to)) < to; s++)
		last = s;
	return last;
}

/*
 * "target = target = value", with an annotation of the only target perhaps.
 */
static void
read_assignment(Module *module, const char *from, const char *to, bool certain)
{
	const char *last = last_assignment(from, to);
	Literal		value;

	if (last == to)
		return;
	value = certain ? evaluate_literal(&module->source, last + 1, to) :
					  unknown_literal(&module->source, from, computed);
	while (from <= last)
	{
		const char *end = next_assignment(from, last);
		Literal target =
			evaluate_literal(&module->source, from, find_outside(from, end, ':'));

		assign(module, &target, value);
		from = end + 1;
	}
}

/*
 * Make the variables unknown; only those that a text mentions, if there is one.
 */
static void
bind_mentioned(Module *module, const char *text, size_t len, const char *at, const char *why)
{
	for (int v = 0; v < VARIABLES; v++)
	{
		if (text == NULL || memmem(text, len, names[v], strlen(names[v])))
			set_variable(module, names[v], strlen(names[v]),
						 unknown_literal(&module->source, at, why));
	}
}

/*
 * Whether an operator binds the name before it: ":=" in any expression, "+=" and such.
 */
static bool
is_computing(const char *s)
{
	size_t		len = strspn(s, "+-*/%@&|^:<>");

	return len > 0 && s[len] == '=' && (len > 1 || (*s != '<' && *s != '>'));
}

/*
 * Make unknown what a statement may bind in other ways than by an assignment that is
 * certain.  Returns false if the value of such a one is none we know.
 */
static bool
note_bindings(Module *module, const char *from, const char *to, Place place, const char *why)
{
	bool		certain = memmem(from, to - from, "lambda", 6) == NULL;
	const char *assigned =
		place == UNDER_CONDITION && certain ? last_assignment(from, to) : to;
	const char *colon = place == HEADS_SCOPE ? find_outside(from, to, ':') : to;
	const char *text = module->source.text + (from - module->source.code);
	int			depth = 0;
	char		before = '\0';	/* what is before a word */
	size_t		len;

	if (place == UNDER_CONDITION && !certain)
		why = compound;
	for (const char *s = from; s < to; s += Max(len, 1))
	{
		const char *next = skip_blanks(s + (len = word_length(s)));
		const char *unknown = why;

		depth += is_a(*s, OPENING) - is_a(*s, CLOSING);
		if (len == 0)
		{
			before = is_a(*s, BLANK) ? before : *s;
			continue;
		}
		/* a "for" binds what is before "in"; "with", "except" and "case" what is behind "as" */
		if (why == compound && certain && depth == 0 && is_one_of(s, len, "in "))
			why = unknown = NULL;
		if (why == NULL && place == UNDER_CONDITION && is_one_of(s, len, "as "))
			why = compound;
		if (is_one_of(s, len, "import ") && *next == '*')
			bind_mentioned(module, NULL, 0, s, PERHAPS_IMPORTED);
		if (is_one_of(s, len, "global ") && place >= HEADS_SCOPE)
			why = changed;
		/* "**vars()" and "% vars()" only read it */
		if (is_one_of(s, len, NAMESPACES) && strchr("([", *next) && before != '*' && before != '%')
		{
			bool		seen = place >= HEADS_SCOPE || *next == '[';

			bind_mentioned(module, seen ? text : NULL, to - from, s,
						   place >= HEADS_SCOPE ? changed : computed);
			certain = false;
		}
		if (before == '.')
			unknown = NULL;
		else if (place != IN_SCOPE && is_computing(next))
			unknown = computed;
		else if (place == HEADS_SCOPE && why != changed)
			unknown = depth == 0 && s < colon ? compound : NULL;
		else if (place < HEADS_SCOPE &&
				 (s > assigned || (*next == '=' && (depth > 0 || next[1] == '='))))
			unknown = NULL;
		else if (place == UNDER_CONDITION && assigned < to)
			unknown = "assigned only under a condition";
		if (unknown)
			set_variable(module, s, len, unknown_literal(&module->source, s, unknown));
		certain = certain && unknown != computed;
		before = '\0';
	}
	return certain;
}

/*
 * Open or close blocks as the indentation of a line says.  Returns what is
 * wrong with it, or NULL.
 */
static const char *
follow_indentation(Module *module, int indent)
{
	int			top = module->nblocks - 1;

	if (module->expects_block && indent <= module->indents[top])
		return "an indented block was expected";
	if (!module->expects_block && indent > module->indents[top])
		return "unexpected indent";
	if (module->nblocks == MAX_BLOCKS)
		return "too many levels of indentation";
	if (module->expects_block)
		module->indents[module->nblocks++] = indent;
	while (module->indents[module->nblocks - 1] > indent)
		module->nblocks--;
	if (module->indents[module->nblocks - 1] < indent)
		return "unindent does not match any outer level";
	return NULL;
}

/*
 * Whether a line may bind one of our names, as few do.
 */
static bool
may_bind(const char *s, const char *end)
{
	for (size_t len; s < end; s += Max(len, 1))
	{
		len = word_length(s);
		if (*s == '*' || (len > 3 && strchr("rdbglvem", *s) && is_one_of(s, len, BINDING)))
			return true;
	}
	return false;
}

/*
 * Not all that Python refuses can be told from here, but a statement of Python 2 can, and
 * the mark of an unfinished merge, which begins like the middle of an expression.
 */
static bool
is_invalid(const char *line)
{
	size_t		len;
	const char *next;

	if (*line != 'p' && *line != 'e')
		return !is_a(*line, WORD | OPENING) && !strchr("~+-*@.\001", *line);
	len = word_length(line);
	next = skip_blanks(line + len);
	return is_one_of(line, len, "print exec ") && (is_a(*next, WORD) || *next == IN_STRING);
}

/*
 * Read a logical line.  Returns what is wrong with it, or NULL.
 */
static const char *
read_line(Module *module, const char *line, const char *end, int indent)
{
	const char *error = is_invalid(line) ? "invalid syntax" : follow_indentation(module, indent);
	bool		in_header = false;
	const char *why = NULL;
	Place		place = IN_SCOPE;
	const char *to;

	module->expects_block = end[-1] == ':';
	if (error == NULL && module->nblocks - 1 <= module->scope)
	{
		place = find_statement(line)->place;
		module->scope = place == HEADS_SCOPE ? module->nblocks - 1 : MAX_BLOCKS;
		in_header = place == UNDER_CONDITION;
		if (place == IN_MODULE && (module->nblocks > 1 || module->expects_block))
			place = UNDER_CONDITION;
	}
	if (error || (place == IN_SCOPE && !module->has_risks) || !may_bind(line, end))
		return error;
	for (; line < end; line = to + 1)
	{
		bool		certain;

		to = find_outside(line, end, ';');
		if (in_header)
			to = find_outside(line, to, ':');
		in_header = false;
		if (place < HEADS_SCOPE)
			why = find_statement(skip_blanks(line))->why;
		certain = note_bindings(module, line, to, place, why);
		if (place == IN_MODULE)
			read_assignment(module, line, to, certain);
	}
	return NULL;
}

/*
 * Read a file from its text, which has room for a null byte after it and is
 * changed.  Returns why it is not Python, as far as can be told, and where, or NULL.
 */
const char *
read_python(char *text, size_t len, Literal *variables, const char **error_at)
{
	Module		module = {.variables = variables, .nblocks = 1, .scope = MAX_BLOCKS};
	Source	   *source = &module.source;
	const char *error;
	char	   *next;
	char	   *line;

	read_source(source, text, len, false);
	error = source->error;
	*error_at = source->error_at;
	for (int i = 0; i < lengthof(risks) && error == NULL; i++)
		module.has_risks = module.has_risks || strstr(source->text, risks[i]);
	next = source->code;
	while (error == NULL && (line = strsep(&next, "\n")) != NULL)
	{
		const char *end = next ? next - 1 : line + strlen(line);
		int			indent = 0;

		for (size_t spaces; is_a(*line, BLANK); line += Max(spaces, 1))
		{
			spaces = strspn(line, " ");
			indent = spaces ? indent + spaces : *line == '\t' ? (indent / 8 + 1) * 8 :
																0;
		}
		while (end > line && is_a(end[-1], BLANK))
			end--;
		*error_at = source->text + (line - source->code);
		if (line < end)
			error = read_line(&module, line, end, indent);
	}
	if (error == NULL && module.expects_block)
		error = "an indented block was expected";
	free(source->code);
	return error;
}
