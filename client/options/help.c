/*-------------------------------------------------------------------------
 *
 * help.c
 *		What --help and --version print.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "options/option_table.h"
#include "pqexpbuffer.h"

/* Where what a command or an option is for begins. */
#define MODE_COLUMN 21
#define OPTION_COLUMN 31

/*
 * The lines of a text, all but the first indented.
 */
static void
print_lines(const char *text, int column)
{
	for (;;)
	{
		int			len = strcspn(text, "\n");

		printf("%.*s\n", len, text);
		if (text[len] == '\0')
			return;
		text += len + 1;
		printf("%*s", column, "");
	}
}

static void
print_option(const Option *option)
{
	PQExpBufferData name;

	initPQExpBuffer(&name);
	if (option->letter)
		appendPQExpBuffer(&name, "  -%c, --%s", option->letter, option->name);
	else
		appendPQExpBuffer(&name, "      --%s", option->name);
	if (option->type == OPTION_BOOL)
		appendPQExpBufferStr(&name, "[=BOOL]");
	else if (option->value)
		appendPQExpBuffer(&name, "=%s", option->value);

	if (name.len < OPTION_COLUMN - 1)
		printf("%-*s", OPTION_COLUMN, name.data);
	else
		printf("%s\n%*s", name.data, OPTION_COLUMN, "");
	print_lines(option->help, OPTION_COLUMN);
	termPQExpBuffer(&name);
}

static void
print_variables(const Option *option)
{
	bool		is_long = option->type == OPTION_URL;

	for (int i = 0; option->variables[i]; i++)
	{
		printf(i == 0 ? "  %s" : is_long ? ",\n    then %s" :
										   ", then %s",
			   option->variables[i]);
		if (is_long)
			printf(" or %s_FILE", option->variables[i]);
	}
	if (option->variables[0])
		printf("\n");
}

void
print_help(const Mode *modes)
{
	printf("gw_bootstrap brings a database to the head of its migrations, exactly once, however\n"
		   "many replicas start.\n\n"
		   "Usage:\n");
	for (const Mode *mode = modes; mode->name; mode++)
	{
		printf("  gw_bootstrap %s [OPTION]...%s\n%*s", mode->name, mode->arguments, MODE_COLUMN,
			   "");
		print_lines(mode->purpose, MODE_COLUMN);
	}
	printf("\nOptions:\n");
	for (int i = 0; i < option_count; i++)
		print_option(&option_table[i]);
	printf("\nEnvironment (an option on the command line wins; what ends in _FILE names a file "
		   "with\n"
		   "the value; without a database, libpq's own variables count):\n");
	for (int i = 0; i < option_count; i++)
		print_variables(&option_table[i]);
	printf("\nExit status:\n"
		   "  0  ready (or the status of COMMAND, which replaces this program)\n"
		   "  1  a migration or post step failed\n"
		   "  2  bad usage\n"
		   "  3  the deadline passed\n"
		   "  4  the database refused or lacks something\n"
		   "  5  the database is not at head, or doctor has found something\n"
		   "  6  the database is ahead of this replica\n"
		   "  7  the database is at a failed migration of its tool\n"
		   "  8  the deadline passed, and a command could not be stopped\n"
		   "  128 + N  stopped by signal N\n\n"
		   "On stdout, run prints one line, \"Database ready (...) in ... s\", status and doctor\n"
		   "their answers and heads the heads; everything else is on stderr.\n");
}

void
print_version(const Mode *modes)
{
	puts("gw_bootstrap " GW_BOOTSTRAP_VERSION);
}
