/*-------------------------------------------------------------------------
 *
 * options.c
 *		Parse the command line and the environment.
 *
 * A value is taken or refused, never guessed at: a replica that misreads
 * "--skip-migrations=maybe" would start on a schema that nobody migrates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <limits.h>

#include "common/logging.h"
#include "conninfo.h"
#include "exit_code.h"
#include "getopt_long.h"
#include "options.h"

#define DEFAULT_LOCK_KEY INT64CONST(42424242424242)
#define DEFAULT_TIMEOUT 600

/* Options that have no letter of their own. */
enum
{
	OPT_MIGRATE = 1,
	OPT_POST,
	OPT_SKIP_MIGRATIONS,
	OPT_TIMEOUT,
	OPT_HEAD_TABLE,
	OPT_HEAD_COLUMN,
	OPT_LOCK_KEY,
	OPT_HELP
};

static const struct option long_options[] = {
	{"dbname", required_argument, NULL, 'd'},
	{"expect-head", required_argument, NULL, 'e'},
	{"migrate", required_argument, NULL, OPT_MIGRATE},
	{"post", required_argument, NULL, OPT_POST},
	{"skip-migrations", optional_argument, NULL, OPT_SKIP_MIGRATIONS},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"head-table", required_argument, NULL, OPT_HEAD_TABLE},
	{"head-column", required_argument, NULL, OPT_HEAD_COLUMN},
	{"lock-key", required_argument, NULL, OPT_LOCK_KEY},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0}};

/* The environment speaks before the command line; the first one set counts. */
static const struct
{
	const char *variable;
	int			option;
} environment[] = {
	{"GW_BOOTSTRAP_DATABASE_URL", 'd'},
	{"DATABASE_URL", 'd'},
	{"GW_BOOTSTRAP_EXPECT_HEAD", 'e'},
	{"GW_BOOTSTRAP_MIGRATE", OPT_MIGRATE},
	{"GW_BOOTSTRAP_POST", OPT_POST},
	{"GW_BOOTSTRAP_SKIP_MIGRATIONS", OPT_SKIP_MIGRATIONS},
	{"MCPGATEWAY_SKIP_MIGRATIONS", OPT_SKIP_MIGRATIONS},
	{"GW_BOOTSTRAP_TIMEOUT", OPT_TIMEOUT},
	{"GW_BOOTSTRAP_HEAD_TABLE", OPT_HEAD_TABLE},
	{"GW_BOOTSTRAP_HEAD_COLUMN", OPT_HEAD_COLUMN},
	{"GW_BOOTSTRAP_LOCK_KEY", OPT_LOCK_KEY},
};

static void
help(void)
{
	printf("gw_bootstrap brings a database to the head of its migrations, exactly once, however\n"
		   "many replicas start.\n\n"
		   "Usage:\n"
		   "  gw_bootstrap run   [OPTION]... [-- COMMAND [ARG]...]\n"
		   "                     migrate if nobody else does, or wait; then exec COMMAND\n"
		   "  gw_bootstrap check [OPTION]...\n"
		   "                     exit 0 if the database is at head, 5 if not\n\n"
		   "Options:\n"
		   "  -d, --dbname=CONNINFO        database, as URI or key=value pairs; postgresql+DRIVER://\n"
		   "                               is taken as postgresql://\n"
		   "  -e, --expect-head=REV        head revision that this replica needs (repeat for\n"
		   "                               several heads)\n"
		   "      --migrate=COMMAND        shell command that migrates, run under the lock\n"
		   "      --post=COMMAND           shell command for idempotent steps, run at every start\n"
		   "                               once the database is at head\n"
		   "      --skip-migrations[=BOOL] somebody else migrates: never take the lock, wait until\n"
		   "                               at head or fail\n"
		   "      --timeout=SECONDS        deadline for everything before COMMAND (default 600);\n"
		   "                               0 looks once, which is the default of check and with\n"
		   "                               --skip-migrations; post steps then have 600 s\n"
		   "      --head-table=NAME        table that holds the heads (default alembic_version)\n"
		   "      --head-column=NAME       its column, taken literally (default version_num)\n"
		   "      --lock-key=KEY           bigint advisory lock key (default 42424242424242)\n"
		   "  -q, --quiet                  only warnings and errors\n"
		   "  -v, --verbose                say more\n"
		   "  -V, --version                output version information, then exit\n"
		   "  -?, --help                   show this help, then exit\n\n"
		   "Environment (an option on the command line wins):\n"
		   "  GW_BOOTSTRAP_DATABASE_URL, then DATABASE_URL, then libpq's own (PGHOST, ...)\n"
		   "  GW_BOOTSTRAP_EXPECT_HEAD     comma-separated\n"
		   "  GW_BOOTSTRAP_MIGRATE, GW_BOOTSTRAP_POST, GW_BOOTSTRAP_TIMEOUT,\n"
		   "  GW_BOOTSTRAP_HEAD_TABLE, GW_BOOTSTRAP_HEAD_COLUMN, GW_BOOTSTRAP_LOCK_KEY\n"
		   "  GW_BOOTSTRAP_SKIP_MIGRATIONS, then MCPGATEWAY_SKIP_MIGRATIONS\n\n"
		   "Exit status:\n"
		   "  0  ready (or the status of COMMAND, which replaces this program)\n"
		   "  1  a migration or post step failed\n"
		   "  2  bad usage\n"
		   "  3  the deadline passed\n"
		   "  4  the database refused or lacks something\n"
		   "  5  the database is not at head\n"
		   "  128 + N  stopped by signal N\n\n"
		   "stdout has one line, \"Database ready (...) in ... s\"; everything else is on stderr.\n");
}

static void
version(void)
{
	puts("gw_bootstrap " GW_BOOTSTRAP_VERSION);
}

static void
usage_hint(void)
{
	pg_log_error_hint("Try \"gw_bootstrap --help\" for more information.");
}

static bool
parse_bool(const char *value, const char *source)
{
	static const char *const yes[] = {"true", "t", "yes", "y", "on", "1"};
	static const char *const no[] = {"false", "f", "no", "n", "off", "0"};

	for (int i = 0; i < lengthof(yes); i++)
	{
		if (pg_strcasecmp(value, yes[i]) == 0)
			return true;
		if (pg_strcasecmp(value, no[i]) == 0)
			return false;
	}
	pg_log_error("invalid value \"%s\" for %s", value, source);
	pg_log_error_hint("Use true or false.");
	exit(EXIT_USAGE);
}

static int64
parse_integer(const char *value, const char *source, int64 min, int64 max)
{
	char	   *end;
	int64		number;

	errno = 0;
	number = strtoi64(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || number < min || number > max ||
		isspace((unsigned char) *value))
	{
		pg_log_error("invalid value \"%s\" for %s", value, source);
		pg_log_error_hint("Use a whole number from " INT64_FORMAT " to " INT64_FORMAT ".", min, max);
		exit(EXIT_USAGE);
	}
	return number;
}

static void
add_head(Options *options, const char *head, const char *source)
{
	if (*head == '\0')
	{
		pg_log_error("empty head revision in %s", source);
		exit(EXIT_USAGE);
	}
	simple_string_list_append(&options->expected_heads, head);
}

/*
 * Take the heads of the environment: separated by commas, spaces around them
 * ignored, and replaced as a whole by those of the command line.
 */
static void
add_heads(Options *options, const char *list, const char *source)
{
	char	   *copy = pg_strdup(list);
	char	   *next = copy;
	char	   *head;

	while ((head = strsep(&next, ",")) != NULL)
	{
		head += strspn(head, " \t\n");
		for (size_t len = strlen(head); len > 0 && strchr(" \t\n", head[len - 1]); len--)
			head[len - 1] = '\0';
		if (strpbrk(head, " \t\n") != NULL)
		{
			pg_log_error("invalid value \"%s\" for %s", head, source);
			pg_log_error_hint("Separate the heads by commas.");
			exit(EXIT_USAGE);
		}
		add_head(options, head, source);
	}
	free(copy);
}

static void
set_option(Options *options, int option, const char *value, const char *source)
{
	if (value != NULL && *value == '\0' && option != OPT_POST && option != OPT_MIGRATE)
	{
		pg_log_error("empty value for %s", source);
		exit(EXIT_USAGE);
	}
	switch (option)
	{
		case 'd':
			options->dbname = pg_strdup(value);
			options->dbname_source = source;
			break;
		case OPT_MIGRATE:
			options->migrate = *value ? pg_strdup(value) : NULL;
			break;
		case OPT_POST:
			options->post = *value ? pg_strdup(value) : NULL;
			break;
		case OPT_SKIP_MIGRATIONS:
			options->skip_migrations = value == NULL || parse_bool(value, source);
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
	}
}

/*
 * Apply the environment.  A variable that is set but empty counts as not
 * set, as compose files and charts leave them.
 */
static void
parse_environment(Options *options)
{
	int			last = -1;

	for (int i = 0; i < lengthof(environment); i++)
	{
		const char *value = getenv(environment[i].variable);

		if (value == NULL || *value == '\0' || environment[i].option == last)
			continue;
		last = environment[i].option;
		if (last == 'e')
			add_heads(options, value, environment[i].variable);
		else
			set_option(options, last, value, environment[i].variable);
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

static void
parse_command_line(int argc, char *argv[], Options *options)
{
	int			option;
	bool		heads_given = false;

	/* "+": the first word that is no option belongs to somebody else. */
	while ((option = getopt_long(argc, argv, "+d:e:qvV", long_options, NULL)) != -1)
	{
		switch (option)
		{
			case 'e':
				if (!heads_given)
					simple_string_list_destroy(&options->expected_heads);
				if (!heads_given)
					options->expected_heads = (SimpleStringList) {NULL, NULL};
				heads_given = true;
				add_head(options, optarg, option_name(option));
				break;
			case 'q':
				pg_logging_set_level(PG_LOG_WARNING);
				break;
			case 'v':
				pg_logging_set_level(PG_LOG_DEBUG);
				break;
			case 'V':
				version();
				exit(EXIT_READY);
			case OPT_HELP:
				help();
				exit(EXIT_READY);
			case '?':
				usage_hint();
				exit(EXIT_USAGE);
			default:
				set_option(options, option, optarg, option_name(option));
				/* it may have a password: keep it out of the process list */
				if (option == 'd')
					memset(optarg, 'x', strlen(optarg));
				break;
		}
	}
	if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
	{
		pg_log_error("too many command-line arguments (first is \"%s\")", argv[optind]);
		pg_log_error_hint("Write \"--\" before the command to start: gw_bootstrap run [OPTION]... -- COMMAND.");
		exit(EXIT_USAGE);
	}
	if (optind < argc)
		options->command = argv + optind;
}

static void
check_options(Options *options)
{
	if (options->expected_heads.head == NULL)
	{
		pg_log_error("no expected head given");
		pg_log_error_hint("Use --expect-head=REV, or set GW_BOOTSTRAP_EXPECT_HEAD.");
		exit(EXIT_USAGE);
	}
	if (options->mode == MODE_CHECK && options->command != NULL)
	{
		pg_log_error("\"gw_bootstrap check\" starts no command");
		usage_hint();
		exit(EXIT_USAGE);
	}
	options->conninfo = make_conninfo(options->dbname, options->dbname_source);
	if (options->timeout < 0)
		options->timeout = options->mode == MODE_CHECK || options->skip_migrations ?
			0 :
			DEFAULT_TIMEOUT;
}

static Mode
parse_mode(const char *word)
{
	if (strcmp(word, "run") == 0)
		return MODE_RUN;
	if (strcmp(word, "check") == 0)
		return MODE_CHECK;
	if (strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0)
		help();
	else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		version();
	else
	{
		pg_log_error("unknown command \"%s\"", word);
		usage_hint();
		exit(EXIT_USAGE);
	}
	exit(EXIT_READY);
}

void
parse_options(int argc, char *argv[], Options *options)
{
	*options = (Options) {
		.head_table = "alembic_version",
		.head_column = "version_num",
		.lock_key = DEFAULT_LOCK_KEY,
		.timeout = -1,
	};

	if (argc < 2)
	{
		pg_log_error("no command given");
		usage_hint();
		exit(EXIT_USAGE);
	}
	options->mode = parse_mode(argv[1]);
	parse_environment(options);
	/* getopt names the program by what stands before the options */
	argv[1] = argv[0];
	parse_command_line(argc - 1, argv + 1, options);
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
