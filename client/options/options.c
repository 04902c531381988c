/*-------------------------------------------------------------------------
 *
 * options.c
 *		Parse the command line and the environment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <limits.h>

#include "base/exit_code.h"
#include "base/log.h"
#include "getopt_long.h"
#include "migrations/alembic/alembic.h"
#include "options/conninfo.h"
#include "options/options.h"
#include "options/values.h"

#define DEFAULT_TIMEOUT 600

static const char *const modes[] = {
	[MODE_RUN] = "run", [MODE_CHECK] = "check", [MODE_STATUS] = "status", [MODE_DOCTOR] = "doctor", [MODE_HEADS] = "heads"};

/* Options that have no letter of their own. */
enum
{
	OPT_MIGRATE = 1,
	OPT_MIGRATE_SQL,
	OPT_MIGRATION_URL,
	OPT_POST,
	OPT_POST_SQL,
	OPT_SKIP_MIGRATIONS,
	OPT_BREAK_ORPHANS,
	OPT_TIMEOUT,
	OPT_HEAD_TABLE,
	OPT_HEAD_COLUMN,
	OPT_LOCK_KEY,
	OPT_CREATE_EXTENSION,
	OPT_REQUIRE_EXTENSION,
	OPT_LOG_FORMAT,
	OPT_JSON,
	OPT_ALEMBIC,
	OPT_ALLOW_AHEAD,
	OPT_HELP
};

static const struct option long_options[] = {
	{"dbname", required_argument, NULL, 'd'},
	{"expect-head", required_argument, NULL, 'e'},
	{"alembic", required_argument, NULL, OPT_ALEMBIC},
	{"allow-ahead", optional_argument, NULL, OPT_ALLOW_AHEAD},
	{"migrate", required_argument, NULL, OPT_MIGRATE},
	{"migrate-sql", required_argument, NULL, OPT_MIGRATE_SQL},
	{"migration-url", required_argument, NULL, OPT_MIGRATION_URL},
	{"post", required_argument, NULL, OPT_POST},
	{"post-sql", required_argument, NULL, OPT_POST_SQL},
	{"skip-migrations", optional_argument, NULL, OPT_SKIP_MIGRATIONS},
	{"break-orphans", optional_argument, NULL, OPT_BREAK_ORPHANS},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"head-table", required_argument, NULL, OPT_HEAD_TABLE},
	{"head-column", required_argument, NULL, OPT_HEAD_COLUMN},
	{"lock-key", required_argument, NULL, OPT_LOCK_KEY},
	{"create-extension", optional_argument, NULL, OPT_CREATE_EXTENSION},
	{"require-extension", optional_argument, NULL, OPT_REQUIRE_EXTENSION},
	{"log-format", required_argument, NULL, OPT_LOG_FORMAT},
	{"json", no_argument, NULL, OPT_JSON},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0}};

/* The first variable set counts, unless the command line has the option. */
static const struct
{
	const char *variable;
	int			option;
} environment[] = {
	{"GW_BOOTSTRAP_DATABASE_URL", 'd'},
	{"DATABASE_URL", 'd'},
	{"GW_BOOTSTRAP_EXPECT_HEAD", 'e'},
	{"GW_BOOTSTRAP_ALEMBIC", OPT_ALEMBIC},
	{"GW_BOOTSTRAP_ALLOW_AHEAD", OPT_ALLOW_AHEAD},
	{"GW_BOOTSTRAP_MIGRATE", OPT_MIGRATE},
	{"GW_BOOTSTRAP_MIGRATE_SQL", OPT_MIGRATE_SQL},
	{"GW_BOOTSTRAP_MIGRATION_URL", OPT_MIGRATION_URL},
	{"MIGRATION_DATABASE_URL", OPT_MIGRATION_URL},
	{"GW_BOOTSTRAP_POST", OPT_POST},
	{"GW_BOOTSTRAP_POST_SQL", OPT_POST_SQL},
	{"GW_BOOTSTRAP_SKIP_MIGRATIONS", OPT_SKIP_MIGRATIONS},
	{"MCPGATEWAY_SKIP_MIGRATIONS", OPT_SKIP_MIGRATIONS},
	{"GW_BOOTSTRAP_BREAK_ORPHANS", OPT_BREAK_ORPHANS},
	{"GW_BOOTSTRAP_TIMEOUT", OPT_TIMEOUT},
	{"GW_BOOTSTRAP_HEAD_TABLE", OPT_HEAD_TABLE},
	{"GW_BOOTSTRAP_HEAD_COLUMN", OPT_HEAD_COLUMN},
	{"GW_BOOTSTRAP_LOCK_KEY", OPT_LOCK_KEY},
	{"GW_BOOTSTRAP_CREATE_EXTENSION", OPT_CREATE_EXTENSION},
	{"GW_BOOTSTRAP_REQUIRE_EXTENSION", OPT_REQUIRE_EXTENSION},
	{"GW_BOOTSTRAP_LOG_FORMAT", OPT_LOG_FORMAT},
};

/* The variable that an option's value came from, or NULL. */
static const char *sources[UCHAR_MAX + 1];

static void
version(void)
{
	puts("gw_bootstrap " GW_BOOTSTRAP_VERSION);
}

#define USAGE_HINT "Try \"gw_bootstrap --help\" for more information."

static bool
parse_log_format(const char *value, const char *source)
{
	if (strcmp(value, "json") == 0)
		return true;
	if (strcmp(value, "text") == 0)
		return false;
	log_error_hint("Use text or json.", "invalid value \"%s\" for %s", value, source);
	exit(EXIT_USAGE);
}

/*
 * Steps, for which an empty value means none.
 */
static bool
may_be_empty(int option)
{
	return option == OPT_MIGRATE || option == OPT_MIGRATE_SQL ||
		option == OPT_POST || option == OPT_POST_SQL;
}

static void
set_sql_file(SqlFile *file, const char *value, const char *source)
{
	file->path = *value ? pg_strdup(value) : NULL;
	file->source = source;
}

static void
set_option(Options *options, int option, const char *value, const char *source)
{
	if (value != NULL && *value == '\0' && !may_be_empty(option))
	{
		log_error("empty value for %s", source);
		exit(EXIT_USAGE);
	}
	switch (option)
	{
		case 'd':
			options->dbname = pg_strdup(value);
			options->dbname_source = source;
			break;
		case 'e':
			add_head(&options->expected_heads, value, source);
			break;
		case OPT_ALEMBIC:
			options->alembic = pg_strdup(value);
			options->alembic_source = source;
			break;
		case OPT_ALLOW_AHEAD:
			options->allow_ahead = value == NULL || parse_bool(value, source);
			break;
		case OPT_MIGRATE:
			options->migrate = *value ? pg_strdup(value) : NULL;
			break;
		case OPT_MIGRATE_SQL:
			set_sql_file(&options->migrate_sql, value, source);
			break;
		case OPT_MIGRATION_URL:
			options->migration_url = pg_strdup(value);
			options->migration_url_source = source;
			break;
		case OPT_POST:
			options->post = *value ? pg_strdup(value) : NULL;
			break;
		case OPT_POST_SQL:
			set_sql_file(&options->post_sql, value, source);
			break;
		case OPT_SKIP_MIGRATIONS:
			options->skip_migrations = value == NULL || parse_bool(value, source);
			break;
		case OPT_BREAK_ORPHANS:
			options->break_orphans = value == NULL || parse_bool(value, source);
			break;
		case OPT_TIMEOUT:
			options->timeout = parse_integer(value, source, 0, INT_MAX / 1000);
			break;
		case OPT_HEAD_TABLE:
			options->head_table = pg_strdup(value);
			break;
		case OPT_HEAD_COLUMN:
			options->head_column = pg_strdup(value);
			break;
		case OPT_LOCK_KEY:
			options->lock_key = parse_integer(value, source, PG_INT64_MIN, PG_INT64_MAX);
			break;
		case OPT_CREATE_EXTENSION:
			options->create_extension = value == NULL || parse_bool(value, source);
			break;
		case OPT_REQUIRE_EXTENSION:
			options->require_extension = value == NULL || parse_bool(value, source);
			break;
		case OPT_LOG_FORMAT:
			log_set_json(parse_log_format(value, source));
			break;
		case OPT_JSON:
			options->json = true;
			break;
		case 'q':
			log_set_level(LOG_WARNING);
			break;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
	}
}

/*
 * How an option was written, for messages.
 */
static const char *
option_name(int option)
{
	for (int i = 0; long_options[i].name != NULL; i++)
	{
		if (long_options[i].val == option)
			return psprintf("option --%s", long_options[i].name);
	}
	return "option";
}

/*
 * Where the value of "--option" came from, for messages: what somebody who
 * never wrote that option has to look at.
 */
const char *
option_source(const char *option)
{
	for (int i = 0; long_options[i].name != NULL; i++)
	{
		if (strcmp(long_options[i].name, option + 2) == 0 && sources[long_options[i].val] != NULL)
			return sources[long_options[i].val];
	}
	return option;
}

/*
 * Name the option that getopt refused, which tells little about it: one of
 * ours that is used wrongly, a letter, or a word.
 */
static void
refuse_option(char *argv[], bool lacks_value)
{
	for (int i = 0; long_options[i].name != NULL; i++)
	{
		if (optopt != 0 && long_options[i].val == optopt)
		{
			log_error_hint(USAGE_HINT, lacks_value ? "%s needs a value" : "%s takes no value",
						   option_name(optopt));
			exit(EXIT_USAGE);
		}
	}
	if (optopt != 0)
		log_error_hint(USAGE_HINT, "unknown option -%c", optopt);
	else
		log_error_hint(USAGE_HINT, "unknown or ambiguous option %.*s",
					   (int) strcspn(argv[optind - 1], "="), argv[optind - 1]);
	exit(EXIT_USAGE);
}

static void
parse_command_line(int argc, char *argv[], Options *options, bool *given)
{
	int			option;

	/* "+": the first word that is no option belongs to somebody else. */
	while ((option = getopt_long(argc, argv, "+:d:e:qvV", long_options, NULL)) != -1)
	{
		switch (option)
		{
			case 'V':
				version();
				exit(EXIT_READY);
			case OPT_HELP:
				help();
				exit(EXIT_READY);
			case '?':
			case ':':
				if (optopt == '?')	/* as it was written, too */
				{
					help();
					exit(EXIT_READY);
				}
				refuse_option(argv, option == ':');
				break;
			default:
				set_option(options, option, optarg, option_name(option));
				given[option] = true;
				/* it may have a password: keep it out of the process list */
				if (option == 'd' || option == OPT_MIGRATION_URL)
					memset(optarg, 'x', strlen(optarg));
				break;
		}
	}
	if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
	{
		log_error_hint("Write \"--\" before the command to start: gw_bootstrap run [OPTION]... -- COMMAND.",
					   "too many command-line arguments (first is \"%s\")", argv[optind]);
		exit(EXIT_USAGE);
	}
	if (optind < argc)
		options->command = argv + optind;
}

/*
 * Take from the environment what the command line does not say.  A variable
 * that is set but empty counts as not set, as compose files and charts leave
 * them.
 */
static void
parse_environment(Options *options, bool *given)
{
	for (int i = 0; i < lengthof(environment); i++)
	{
		const char *variable = environment[i].variable;
		int			option = environment[i].option;
		const char *value = getenv(variable);

		if (value == NULL || *value == '\0' || given[option])
			continue;
		given[option] = true;
		sources[option] = variable;
		if (option == 'e')
			add_heads(&options->expected_heads, value, variable);
		else
			set_option(options, option, value, variable);
	}
}

/*
 * Find out how to log before there is anything to say.
 */
static void
parse_log_format_first(int argc, char *argv[])
{
	static const char option[] = "--log-format=";
	const char *format = getenv("GW_BOOTSTRAP_LOG_FORMAT");

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
	{
		if (strncmp(argv[i], option, strlen(option)) == 0)
			format = argv[i] + strlen(option);
		else if (strncmp(argv[i], option, strlen(option) - 1) == 0 && i + 1 < argc)
			format = argv[i + 1];
	}
	log_set_json(format != NULL && strcmp(format, "json") == 0);
}

/*
 * Take the expected heads from the migration set.  Those given otherwise must
 * at least belong to it.
 */
static void
read_migration_set(Options *options)
{
	bool		given = options->expected_heads.head != NULL;

	if (options->alembic == NULL)
		return;
	read_alembic(options->alembic, options->alembic_source, &options->revisions);
	for (int i = 0; i < options->revisions.count && !given; i++)
	{
		if (!options->revisions.items[i].followed)
			simple_string_list_append(&options->expected_heads, options->revisions.items[i].id);
	}
	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
	{
		if (find_revision(&options->revisions, cell->val))
			continue;
		log_error("expected head \"%s\" is not a revision of %s", cell->val, options->alembic);
		exit(EXIT_USAGE);
	}
}

static void
check_options(Options *options)
{
	read_migration_set(options);
	if (options->expected_heads.head == NULL &&
		options->mode != MODE_STATUS && options->mode != MODE_DOCTOR)
	{
		log_error_hint("Use --expect-head=REV or --alembic=PATH, or set GW_BOOTSTRAP_EXPECT_HEAD or GW_BOOTSTRAP_ALEMBIC.",
					   "no expected head given");
		exit(EXIT_USAGE);
	}
	if (options->mode != MODE_RUN && options->command != NULL)
	{
		log_error_hint(USAGE_HINT, "\"gw_bootstrap %s\" starts no command", modes[options->mode]);
		exit(EXIT_USAGE);
	}
	if (options->json && options->mode != MODE_STATUS)
	{
		log_error_hint("For events in JSON, use --log-format=json.",
					   "option --json belongs to \"gw_bootstrap status\"");
		exit(EXIT_USAGE);
	}
	if (options->mode == MODE_HEADS)
		return;					/* it connects to nothing */
	read_sql_files(options);
	options->conninfo = make_conninfo(options->dbname, options->dbname_source);
	options->migration_conninfo = options->migration_url ?
		make_conninfo(options->migration_url, options->migration_url_source) :
		options->conninfo;
	if (options->timeout < 0)
		options->timeout = options->mode != MODE_RUN || options->skip_migrations ?
			0 :
			DEFAULT_TIMEOUT;
}

static Mode
parse_mode(const char *word)
{
	for (int i = 0; i < lengthof(modes); i++)
	{
		if (strcmp(word, modes[i]) == 0)
			return i;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0)
		help();
	else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		version();
	else
	{
		log_error_hint(USAGE_HINT, "unknown command \"%s\"", word);
		exit(EXIT_USAGE);
	}
	exit(EXIT_READY);
}

void
parse_options(int argc, char *argv[], Options *options)
{
	bool		given[UCHAR_MAX + 1] = {false};	/* by option letter or number */

	*options = (Options) {
		.head_table = "alembic_version",
		.head_column = "version_num",
		.lock_key = DEFAULT_LOCK_KEY,
		.timeout = -1,
	};

	parse_log_format_first(argc, argv);
	if (argc < 2)
	{
		log_error_hint(USAGE_HINT, "no command given");
		exit(EXIT_USAGE);
	}
	options->mode = parse_mode(argv[1]);
	/* the options begin after the command */
	parse_command_line(argc - 1, argv + 1, options, given);
	parse_environment(options, given);
	check_options(options);
}

/*
 * The expected heads, for messages.
 */
const char *
describe_expected(const Options *options)
{
	static char text[256];

	strlcpy(text, "{", sizeof(text));
	for (SimpleStringListCell *cell = options->expected_heads.head; cell; cell = cell->next)
	{
		strlcat(text, cell->val, sizeof(text));
		strlcat(text, cell->next ? "," : "}", sizeof(text));
	}
	return text;
}
