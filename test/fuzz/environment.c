/* environment.c: the command line and the variables, client/options/options.c */
#include "postgres_fe.h"

/* The real one, to forget what it keeps. */
#include "options/options.c"

#include "fuzz.h"

#define MOST_WORDS 30

extern char **environ;

const bool	fuzz_frees_all = false;

/* What the commands of client/main.c need. */
static const Mode modes[] = {
	{"run", NULL, NEEDS_HEADS | NEEDS_DATABASE | MAY_MIGRATE | MAY_START_COMMAND, "", "run"},
	{"check", NULL, NEEDS_HEADS | NEEDS_DATABASE, "", "check"},
	{"guard", NULL, NEEDS_DATABASE | USES_MIGRATION_URL | GUARDS_COMMAND | MAY_START_COMMAND,
	 "", "guard"},
	{"status", NULL, NEEDS_DATABASE | USES_MIGRATION_URL | MAY_PRINT_JSON, "", "status"},
	{"doctor", NULL, NEEDS_DATABASE | USES_MIGRATION_URL, "", "doctor"},
	{"heads", NULL, NEEDS_HEADS, "", "heads"},
	{NULL}};

void
fuzz_prepare(void)
{
}

/*
 * A line is a variable, if it begins with a capital letter, else a word of the
 * command line.  What follows the first form feed is in the file "secret".
 */
void
fuzz_one(char *text, size_t len)
{
	static char *variables[MOST_WORDS + 1];
	static char *words[MOST_WORDS + 2];
	char	  **variable = variables;
	char	  **word = words;
	char	   *arguments = take_part(&text, '\f');
	char	   *line;
	char	  **environment = environ;
	Options		options;

	if (strchr(arguments, '/') != NULL && strstr(arguments, "_FILE") != NULL)
		return;					/* no file of this machine */
	fuzz_file("secret", text ? text : "", text ? strlen(text) : 0);
	*word++ = pg_strdup("gw_bootstrap");
	while ((line = take_part(&arguments, '\n')) != NULL)
	{
		if (*line >= 'A' && *line <= 'Z' && variable < variables + MOST_WORDS)
			*variable++ = line;
		else if (word < words + MOST_WORDS)
			*word++ = line;
	}
	*variable = NULL;
	*word = NULL;
	memset(sources, 0, sizeof(sources));
	optind = 0;					/* getopt's way to begin anew */
	opterr = 0;
	environ = variables;
	log_set_level(LOG_INFO);
	parse_options(word - words, words, modes, &options);
	environ = environment;
	MUST(options.mode != NULL && options.timeout >= 0);
	MUST(!(options.mode->needs & NEEDS_DATABASE) || options.conninfo != NULL);
}
