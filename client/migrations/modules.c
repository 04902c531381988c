/*-------------------------------------------------------------------------
 *
 * modules.c
 *		The migrations that modules of JavaScript and TypeScript export.
 *
 * They are found as their authors, compilers and bundlers write them.  What could
 * be one, and is not understood, is told, since a migration that is not seen is
 * one that a service starts without.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "migrations/javascript.h"
#include "migrations/modules.h"

/* Tokens that are seen at once: the current one and these on each side. */
#define ASIDE_TOKENS 4

/* The time, in milliseconds, that the names of TypeORM end with. */
#define TIME_DIGITS 13

#define DIGITS "0123456789"

typedef struct Window
{
	ScriptScanner scanner;
	ScriptToken tokens[2 * ASIDE_TOKENS + 1];
	int			braces;
	int			parens;			/* and brackets */
} Window;

/* A class, or the function that older compilers make of it. */
typedef struct ClassFound
{
	bool		is_found;
	bool		is_open;		/* its end is still to come */
	int			braces;			/* around it */
	int			parens;
	ScriptToken name;
	ScriptToken written;		/* the property "name" */
	bool		migrates;
	bool		is_abstract;
} ClassFound;

typedef struct ClassReading
{
	Window		window;
	ClassFound	class_found;
	bool		in_definition;	/* of a property "name" by its descriptor */
	SimpleStringList *versions;
	const char *unclear;
} ClassReading;

static const ScriptToken *
token_at(const Window *window, int place)
{
	return &window->tokens[ASIDE_TOKENS + place];
}

static bool
is_text(const ScriptToken *token, const char *text)
{
	return token->len == strlen(text) && memcmp(token->start, text, token->len) == 0;
}

/*
 * Whether a word or symbol is at that place.
 */
static bool
is_at(const Window *window, int place, const char *text)
{
	const ScriptToken *token = token_at(window, place);

	return (token->kind == SCRIPT_WORD || token->kind == SCRIPT_SYMBOL) && is_text(token, text);
}

/*
 * Go on by a token.  Returns false at the end.
 */
static bool
slide(Window *window)
{
	const ScriptToken *token = token_at(window, 0);
	ScriptToken *last = &window->tokens[2 * ASIDE_TOKENS];

	memmove(window->tokens, window->tokens + 1, 2 * ASIDE_TOKENS * sizeof(ScriptToken));
	if (last->kind != SCRIPT_UNENDED)
		next_script_token(&window->scanner);
	*last = window->scanner.token;
	if (token->kind == SCRIPT_SYMBOL)
	{
		window->braces += *token->start == '{' ? 1 : *token->start == '}' ? -1 :
																			0;
		window->parens += strchr("([", *token->start) ? 1 : strchr(")]", *token->start) ? -1 :
																						  0;
	}
	return token->kind != SCRIPT_END && token->kind != SCRIPT_UNENDED;
}

static void
open_window(Window *window, const char *text)
{
	*window = (Window) {0};
	begin_script(&window->scanner, text);
	for (int i = 0; i < ASIDE_TOKENS; i++)
		slide(window);
}

static bool
ends_with_time(const ScriptToken *token)
{
	for (int i = 1; i <= TIME_DIGITS; i++)
	{
		if (token->len < i || !isdigit((unsigned char) token->start[token->len - i]))
			return false;
	}
	return token->kind == SCRIPT_WORD || token->kind == SCRIPT_STRING;
}

static void
take_token(ClassReading *reading, const ScriptToken *token)
{
	char	   *version = pnstrdup(token->start, token->len);

	simple_string_list_append(reading->versions, version);
	free(version);
}

/*
 * Judge the last class that was found.
 */
static void
settle_class(ClassReading *reading)
{
	ClassFound *this = &reading->class_found;

	if (!this->is_found)
		return;
	if (this->written.len > 0)
		take_token(reading, &this->written);
	else if (ends_with_time(&this->name))
		take_token(reading, &this->name);
	else if (this->migrates && !this->is_abstract)
		reading->unclear = psprintf("class \"%.*s\" migrates, but its name does not end in %d digits",
									this->name.len, this->name.len > 0 ? this->name.start : "",
									TIME_DIGITS);
	this->is_found = false;
}

/*
 * A class without a name has that of the variable or property that it is given to.
 */
static void
begin_class(ClassReading *reading, const ScriptToken *name)
{
	const Window *window = &reading->window;

	settle_class(reading);
	reading->class_found = (ClassFound) {.is_found = true,
										 .is_open = true,
										 .braces = window->braces,
										 .parens = window->parens,
										 .is_abstract = is_at(window, -1, "abstract")};
	if (name->kind == SCRIPT_WORD && !is_text(name, "extends") && !is_text(name, "implements"))
		reading->class_found.name = *name;
	else if ((is_at(window, -1, "=") || is_at(window, -1, ":")) && !is_at(window, -3, "."))
		reading->class_found.name = *token_at(window, -2);
}

static void
look_for_class(ClassReading *reading)
{
	const Window *window = &reading->window;
	const ScriptToken *name = token_at(window, 1);

	if (is_at(window, 0, "class") && !is_at(window, -1, ".") &&
		(name->kind == SCRIPT_WORD || is_at(window, 1, "{")))
		begin_class(reading, name);
	else if (is_at(window, 0, "function") && ends_with_time(name) &&
			 !reading->class_found.is_open)
		begin_class(reading, name);
}

/*
 * The string that a property "name" is given here, if it is.
 */
static const ScriptToken *
find_written(ClassReading *reading)
{
	const Window *window = &reading->window;
	const ClassFound *this = &reading->class_found;
	const ScriptToken *token = token_at(window, 0);
	bool		in_body = this->is_open && window->braces == this->braces + 1 &&
		window->parens == this->parens && !is_at(window, -1, ".");
	bool		of_this = is_at(window, -1, ".") &&
		(is_at(window, -2, "this") || is_at(window, -2, "_this"));

	if (reading->in_definition && is_at(window, 0, "value") && is_at(window, 1, ":"))
		return token_at(window, 2);
	if (is_at(window, 0, "}"))
		reading->in_definition = false;
	if (!is_text(token, "name"))
		return NULL;
	if (token->kind == SCRIPT_STRING && is_at(window, 1, ","))
	{
		reading->in_definition = is_at(window, 2, "{");
		return token_at(window, 2);
	}
	if ((in_body || of_this) && is_at(window, 1, "="))
		return token_at(window, 2);
	if (in_body && is_at(window, 1, ":") && is_at(window, 3, "="))
		return token_at(window, 4);
	return NULL;
}

static void
look_for_name(ClassReading *reading)
{
	const ScriptToken *written = find_written(reading);

	if (written == NULL || written->kind != SCRIPT_STRING || !ends_with_time(written))
		return;
	if (reading->class_found.is_open)
		reading->class_found.written = *written;
	else
		take_token(reading, written);
}

/*
 * A bundler that renames a class keeps its name by a call with the class and the name.
 */
static void
look_for_kept_name(ClassReading *reading)
{
	const Window *window = &reading->window;
	ClassFound *this = &reading->class_found;
	const ScriptToken *which = token_at(window, 1);
	const ScriptToken *name = token_at(window, 3);

	if (is_at(window, 0, "(") && is_at(window, 2, ",") && name->kind == SCRIPT_STRING &&
		ends_with_time(name) && is_at(window, 4, ")") && this->is_found &&
		((which->len == this->name.len && memcmp(which->start, this->name.start, which->len) == 0) ||
		 (this->is_open && is_text(which, "this"))))
		this->name = *name;
}

static void
look_for_migration(ClassReading *reading)
{
	const Window *window = &reading->window;
	const ScriptToken *token = token_at(window, 0);
	bool		is_up = is_text(token, "up") &&
		(token->kind == SCRIPT_STRING || is_at(window, 1, "(") || is_at(window, 1, "=")) &&
		(!is_at(window, -1, ".") || is_at(window, -2, "prototype"));

	if (is_up || is_at(window, 0, "MigrationInterface"))
		reading->class_found.migrates = true;
}

/*
 * A class ends with the brace of its body, which is not one within its head.
 */
static bool
is_end_of_class(const ClassReading *reading)
{
	const Window *window = &reading->window;

	return is_at(window, 0, "}") && window->braces == reading->class_found.braces &&
		window->parens == reading->class_found.parens;
}

/*
 * Tests are beside the migrations, but none.
 */
static bool
is_test(const char *name)
{
	return strstr(name, ".spec.") || strstr(name, ".test.");
}

/*
 * TypeORM records the names of the classes, unless they have a property "name".
 */
const char *
read_typeorm_module(const char *name, const char *text, SimpleStringList *versions, bool *counts)
{
	ClassReading reading = {.versions = versions};
	Window	   *window = &reading.window;
	bool		is_named_for_one = strspn(name, DIGITS) == TIME_DIGITS;

	*counts = false;
	open_window(window, text);
	while (slide(window))
	{
		look_for_class(&reading);
		look_for_name(&reading);
		look_for_migration(&reading);
		look_for_kept_name(&reading);
		if (is_end_of_class(&reading))
			reading.class_found.is_open = false;
	}
	settle_class(&reading);
	if (token_at(window, 0)->kind == SCRIPT_UNENDED)
		return "a comment or a template in it has no end";
	if (is_test(name))
		return NULL;
	if (reading.unclear == NULL && is_named_for_one && versions->head == NULL)
		return "no class is found in it whose name ends in 13 digits";
	return reading.unclear;
}

/*
 * Whether a value is made elsewhere.  A function or a class is none of Kysely's, and of
 * an object the words are here, but for what is spread into it.
 */
static bool
is_made_elsewhere(const Window *window, int place)
{
	static const char *const known[] = {"__toCommonJS", "async", "class", "function", "void"};
	const ScriptToken *value = token_at(window, place);

	if (value->kind != SCRIPT_WORD)
		return value->kind == SCRIPT_SYMBOL && *value->start != '{';
	for (int i = 0; i < lengthof(known); i++)
	{
		if (is_at(window, place, known[i]))
			return false;
	}
	return true;
}

/*
 * The place of what is exported as a whole here; 0 if nothing is.
 */
static int
find_whole(const Window *window)
{
	bool		is_default = is_text(token_at(window, 0), "default");

	if (is_default && is_at(window, -1, "export"))
		return 1;
	if (is_at(window, 0, "export") && is_at(window, 1, "="))
		return 2;
	if (is_default && is_at(window, -2, "exports") && is_at(window, 1, "="))
		return 2;
	if (is_at(window, 0, "exports") && is_at(window, -2, "module") && is_at(window, 1, "="))
		return 2;
	if (is_default && is_at(window, -2, "exports") && is_at(window, 2, "="))
		return 3;
	return 0;
}

/*
 * Whether something that has another name here is exported as "default".
 */
static bool
exports_named_default(const Window *window)
{
	const ScriptToken *token = token_at(window, 0);

	if (!is_text(token, "default"))
		return false;
	if (token->kind == SCRIPT_STRING)
		return is_at(window, -2, "exports") && is_at(window, -1, ",") && is_at(window, 1, ",");
	if (is_at(window, 1, ":"))
		return is_at(window, 2, "function") || (is_at(window, 2, "(") && is_at(window, 3, ")"));
	return is_at(window, -1, "as") || is_at(window, -1, "get") ||
		((is_at(window, -1, "{") || is_at(window, -1, ",")) &&
		 (is_at(window, 1, "}") || is_at(window, 1, ",")));
}

/*
 * Whether all that another module has is exported here.
 */
static bool
exports_another(const Window *window)
{
	return (is_at(window, 0, "export") && is_at(window, 1, "*") && !is_at(window, 2, "as")) ||
		is_at(window, 0, "__exportStar") || is_at(window, 0, "__reExport") ||
		is_at(window, 0, "_export_star") ||
		(is_at(window, 0, "exports") && (is_at(window, 1, ",") || is_at(window, 1, "[")) &&
		 token_at(window, 2)->kind == SCRIPT_WORD && !is_at(window, 3, "="));
}

/*
 * Kysely passes over what exports no "up", as helpers beside the migrations do.
 */
const char *
read_kysely_module(const char *name, const char *text, SimpleStringList *versions, bool *counts)
{
	Window		window;
	const ScriptToken *token = token_at(&window, 0);
	bool		is_unknown = false;
	int			object = 0;		/* the braces at what is in an object exported as a whole */

	*counts = false;
	open_window(&window, text);
	while (!*counts && slide(&window))
	{
		int			whole = find_whole(&window);

		/* which may be called as well */
		*counts = is_text(token, "up") && !(is_at(&window, -1, ".") && is_at(&window, 1, "("));
		is_unknown |= exports_named_default(&window) || exports_another(&window) ||
			(whole > 0 && is_made_elsewhere(&window, whole)) ||
			(object > 0 && window.braces == object && is_at(&window, 0, ".") &&
			 is_at(&window, 1, ".") && is_at(&window, 2, "."));
		if (whole > 0 && is_at(&window, whole, "{"))
			object = window.braces + 1;
	}
	if (token->kind == SCRIPT_UNENDED)
		return "a comment or a template in it has no end";
	return is_unknown && !*counts ? "what it exports is made elsewhere, so it may have an \"up\"" :
									NULL;
}
