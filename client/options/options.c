/*-------------------------------------------------------------------------
 *
 * options.c
 *		Parse the command line and the environment.
 *
 * What there is to ask for is in the table of options.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <limits.h>

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "fe_utils/string_utils.h"
#include "getopt_long.h"
#include "options/option_table.h"
#include "options/values.h"
#include "pqexpbuffer.h"

#define DEFAULT_TIMEOUT 600

#define USAGE_HINT "Try \"gw_bootstrap --help\" for more information."

/* So much of the expected heads is shown. */
#define MAX_DESCRIPTION 1000

/* What getopt_long() says of an option: where it is in the table. */
#define FIRST_OPTION 1000
#define MAX_OPTIONS 64

/* Where the value of each option came from, or NULL. */
static const char *sources[MAX_OPTIONS];

/* What is to be known before there is anything to say. */
static void (*const first[])(int argc, char *argv[]) = {
	find_log_format,
	NULL};

/* Where a value may be that is not in its variable.  They tell in which it is, then. */
static const char *(*const elsewhere[])(const Option *option, const char **variable) = {
	value_in_file,
	NULL};

/*
 * Print what is asked for in place of anything else.
 */
static _Noreturn void
tell_and_end(const Option *option, const Mode *modes)
{
	option->tell(modes);
	exit(output_arrived() ? EXIT_READY : EXIT_STEP_FAILED);
}

static void
set_option(Options *options, const Option *option, const char *value, const char *source)
{
	void	   *field = (char *) options + option->field;

	check_value(option->type, value, source);
	sources[option - option_table] = source;
	switch (option->type)
	{
		case OPTION_TEXT:
		case OPTION_URL:
			*(char **) field = pg_strdup(value);
			break;
		case OPTION_PATH:
		case OPTION_SHELL:
			*(char **) field = *value ? pg_strdup(value) : NULL;
			break;
		case OPTION_ALEMBIC:
			*(char **) field = psprintf("alembic:%s", value);
			break;
		case OPTION_LIST:
			if (strcmp(value, "-") == 0 && *(char **) field && strcmp(*(char **) field, ":-") == 0)
				usage_error(NULL, NULL, "%s: standard input can be read only once", source);
			*(char **) field = psprintf(":%s", value);
			break;
		case OPTION_WORD:
			*(char **) field = parse_word(value, source, option->words);
			break;
		case OPTION_HEADS:
			/* a variable has several of them */
			if (has_prefix(source, "--"))
				add_head(field, value, source);
			else
				add_heads(field, value, source);
			break;
		case OPTION_BOOL:
		case OPTION_SWITCH:
			*(bool *) field = parse_bool(value, source);
			break;
		case OPTION_SECONDS:
			*(int *) field = parse_integer(value, source, 0, INT_MAX / 1000);
			break;
		case OPTION_BIGINT:
			*(int64 *) field = parse_integer(value, source, PG_INT64_MIN, PG_INT64_MAX);
			break;
	}
}

/*
 * The option or variable that has set the field of an option; NULL if none has.
 */
static const char *
source_of_field(const Option *option)
{
	for (int i = 0; i < option_count; i++)
	{
		if (option_table[i].field == option->field && sources[i] != NULL)
			return sources[i];
	}
	return NULL;
}

/*
 * Where the value of "--option" came from, for messages: what somebody who
 * never wrote that option has to look at.
 */
const char *
option_source(const char *option)
{
	for (int i = 0; i < option_count; i++)
	{
		const char *source = source_of_field(&option_table[i]);

		if (strcmp(option_table[i].name, option + 2) == 0 && source != NULL)
			return source;
	}
	return option;
}

/*
 * What getopt_long() wants to know of the table.
 */
static void
fill_getopt(struct option *long_options, char *letters)
{
	/* "+": the first word that is no option belongs to somebody else. */
	strcpy(letters, "+:");
	for (int i = 0; i < option_count; i++)
	{
		const Option *option = &option_table[i];
		int			has_value = option->type == OPTION_BOOL ? optional_argument :
			option->value							? required_argument :
													  no_argument;

		long_options[i] = (struct option) {option->name, has_value, NULL, FIRST_OPTION + i};
		if (option->letter && option->letter != '?')
			sprintf(letters + strlen(letters), "%c%s", option->letter, option->value ? ":" : "");
	}
	long_options[option_count] = (struct option) {NULL};
}

static const Option *
find_option(int found)
{
	for (int i = 0; i < option_count; i++)
	{
		if (found == FIRST_OPTION + i || (found != 0 && found == option_table[i].letter))
			return &option_table[i];
	}
	return NULL;
}

/*
 * Name the option that getopt refused, which tells little about it: one of
 * ours that is used wrongly, a letter, or a word.
 */
static _Noreturn void
refuse_option(char *argv[], bool lacks_value)
{
	const Option *option = find_option(optopt);

	if (option)
		usage_error(NULL, USAGE_HINT,
					lacks_value ? "option --%s needs a value" : "option --%s takes no value",
					option->name);
	if (optopt != 0)
		usage_error(NULL, USAGE_HINT, "unknown option -%c", optopt);
	usage_error(NULL, USAGE_HINT, "unknown or ambiguous option %.*s",
				(int) strcspn(argv[optind - 1], "="), argv[optind - 1]);
}

/*
 * Whether that option means nothing to this command.  The environment, which
 * all commands share, may have it all the same.
 */
static bool
is_unfit(const Option *option, const Options *options)
{
	return (option->unfit_for & options->mode->needs) != 0;
}

static void
refuse_argument(const char *argument, const Mode *mode)
{
	const char *hint = mode->needs & MAY_START_COMMAND ?
		psprintf("Write \"--\" before the command to start: gw_bootstrap %s [OPTION]... -- COMMAND.",
				 mode->name) :
		USAGE_HINT;

	usage_error(NULL, hint, "too many command-line arguments (first is \"%s\")", argument);
}

static void
parse_command_line(int argc, char *argv[], const Mode *modes, Options *options)
{
	struct option long_options[MAX_OPTIONS + 1];
	char		letters[2 * MAX_OPTIONS];
	int			found;

	fill_getopt(long_options, letters);
	while ((found = getopt_long(argc, argv, letters, long_options, NULL)) != -1)
	{
		/* "-?" is one of the mistakes that getopt says "?" of */
		const Option *option = find_option(found == '?' && optopt != '?' ? 0 : found);

		if (found == ':' || option == NULL)
			refuse_option(argv, found == ':');
		else if (is_unfit(option, options))
			usage_error(NULL, USAGE_HINT, "\"gw_bootstrap %s\" has no option --%s",
						options->mode->name, option->name);
		else if (option->tell)
			tell_and_end(option, modes);
		else
		{
			/* only a flag has no value of its own */
			char	   *value = optarg ? optarg : pg_strdup("true");

			set_option(options, option, value, psprintf("--%s", option->name));
			/* it may have a password: keep it out of the process list */
			if (option->type == OPTION_URL)
				memset(value, 'x', strlen(value));
		}
	}
	if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
		refuse_argument(argv[optind], options->mode);
	if (optind < argc)
		options->command = argv + optind;
}

/*
 * Take from the environment what the command line does not say.  A variable
 * that is set but empty counts as not set, as compose files and charts leave
 * them.
 */
static void
parse_variables(Options *options, const Option *option)
{
	for (int i = 0; option->variables[i] && !source_of_field(option); i++)
	{
		const char *variable = option->variables[i];
		const char *value = getenv(variable);

		for (int j = 0; (value == NULL || *value == '\0') && elsewhere[j]; j++)
			value = elsewhere[j](option, &variable);
		if (value == NULL || *value == '\0')
			continue;
		set_option(options, option, value, variable);
	}
}

/*
 * Where we connect, and where the migration command does, if we start one or
 * ask anything there.
 */
static void
set_conninfo(Options *options)
{
	int			needs = options->mode->needs;
	bool		migrates = (needs & MAY_MIGRATE) && !options->migrate_sql &&
		!options->skip_migrations;

	if (options->dbname == NULL)
		log_info("no connection string is given: libpq's defaults and variables are used");
	options->conninfo = options->dbname ? options->dbname : "";
	options->migration_conninfo = options->migration_url &&
			(migrates || (needs & USES_MIGRATION_URL)) ?
		options->migration_url :
		options->conninfo;
}

/*
 * What is executed for a command of the shell.
 */
char **
shell_words(const char *command)
{
	char	  **words = pg_malloc0(4 * sizeof(char *));

	words[0] = SHELL;
	words[1] = "-c";
	words[2] = pg_strdup(command);
	return words;
}

/*
 * Fill in what is not given.
 */
void
set_default(char **field, const char *value)
{
	if (*field == NULL && value != NULL)
		*field = pg_strdup(value);
}

/*
 * What does not go together, and what follows from what is given.
 */
static void
check_options(Options *options)
{
	const Mode *mode = options->mode;

	if (options->command != NULL && !(mode->needs & MAY_START_COMMAND))
		usage_error(NULL, USAGE_HINT, "\"gw_bootstrap %s\" starts no command", mode->name);
	if (options->command == NULL && (mode->needs & GUARDS_COMMAND))
		usage_error(NULL,
					"Write it behind \"--\": gw_bootstrap guard [OPTION]... -- COMMAND [ARG]...",
					"no command is given to run under the guard");
	if (options->json && !(mode->needs & MAY_PRINT_JSON))
		usage_error(NULL, "For events in JSON, use --log-format=json.",
					"\"gw_bootstrap %s\" has no option --json", mode->name);
	if ((mode->needs & MAY_MIGRATE) && options->migrate && options->migrate_sql)
		usage_error(NULL, "An empty value of either overrides the environment.",
					"%s and %s cannot be used together", option_source("--migrate"),
					option_source("--migrate-sql"));
	if (options->timeout < 0)
		options->timeout = (mode->needs & (MAY_MIGRATE | GUARDS_COMMAND)) &&
				!options->skip_migrations ?
			DEFAULT_TIMEOUT :
			0;
	if (options->migrate)
		options->migrate_words = shell_words(options->migrate);
	if (mode->needs & NEEDS_DATABASE)
		set_conninfo(options);
}

/*
 * Whether the word is that option, written out or as its letter.
 */
static bool
is_option(const char *word, const Option *option)
{
	const char	letter[] = {'-', option->letter, '\0'};

	return strcmp(word, letter) == 0 ||
		(strncmp(word, "--", 2) == 0 && strcmp(word + 2, option->name) == 0);
}

static const Mode *
find_mode(const Mode *modes, const char *word)
{
	const Mode *mode = modes;

	while (mode->name && strcmp(word, mode->name) != 0)
		mode++;
	for (int i = 0; mode->name == NULL && i < option_count; i++)
	{
		if (option_table[i].tell && is_option(word, &option_table[i]))
			tell_and_end(&option_table[i], modes);
	}
	if (mode->name == NULL)
		usage_error(NULL, USAGE_HINT, "unknown command \"%s\"", word);
	return mode;
}

void
parse_options(int argc, char *argv[], const Mode *modes, Options *options)
{
	*options = (Options) {.target.lock_key = DEFAULT_LOCK_KEY, .timeout = -1};

	for (int i = 0; first[i]; i++)
		first[i](argc, argv);
	if (argc < 2)
		usage_error(NULL, USAGE_HINT, "no command given");
	options->mode = find_mode(modes, argv[1]);
	/* the options begin after the command */
	parse_command_line(argc - 1, argv + 1, modes, options);
	for (int i = 0; i < option_count; i++)
	{
		if (!is_unfit(&option_table[i], options))
			parse_variables(options, &option_table[i]);
	}
	log_set_level(options->quiet ? LOG_WARNING : options->verbose ? LOG_DEBUG :
																	LOG_INFO);
	check_options(options);
}

/*
 * The expected heads, for messages: an array's text, as those that are found.
 */
const char *
describe_expected(const Target *target)
{
	static PQExpBufferData text;

	if (text.data == NULL)
		initPQExpBuffer(&text);
	resetPQExpBuffer(&text);
	appendPQExpBufferChar(&text, '{');
	for (SimpleStringListCell *cell = target->expected_heads.head; cell; cell = cell->next)
	{
		if (text.len + strlen(cell->val) > MAX_DESCRIPTION)
		{
			appendPGArray(&text, "...");
			break;
		}
		appendPGArray(&text, cell->val);
	}
	appendPQExpBufferChar(&text, '}');
	return text.data;
}
