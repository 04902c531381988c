/* file_names.c: what the names of files tell, client/migrations/file_names.c */
#include "postgres_fe.h"

/* The real one, to come at what only it calls. */
#include "migrations/file_names.c"

#include "fuzz.h"

const bool	fuzz_frees_all = false;

static int	ntools;

void
fuzz_prepare(void)
{
	while (migration_tools[ntools].name)
		ntools++;
}

/*
 * The first character tells the tool, then there is a name a line.
 */
void
fuzz_one(char *text, size_t len)
{
	SimpleStringList versions = {NULL, NULL};
	Reading		reading = {.source = "--migrations", .versions = &versions};
	int			place = len > 0 ? (text[0] & 0x7F) % ntools : 0;
	char	   *line;

	reading.tool = &migration_tools[place];
	if (len == 0 || reading.tool->rule.names == NULL)
		return;
	compile(&reading.names, reading.tool->rule.names);
	compile(&reading.but_not, reading.tool->rule.but_not);
	compile(&reading.maybe, reading.tool->rule.maybe);
	text++;
	while ((line = take_part(&text, '\n')) != NULL)
	{
		if (reading.tool->rule.lines_of)
		{
			for (const char *rest = line; rest && *rest;)
				rest = take_name(&reading, "journal", rest, rest == line ? 0 : REG_NOTBOL);
		}
		else if (*line && strlen(line) <= 255)
			take_name(&reading, line, line, 0);
	}
	for (const SimpleStringListCell *cell = versions.head; cell; cell = cell->next)
	{
		MUST(cell->val[0] != '\0');
		MUST(!(reading.tool->rule.flags & AS_NUMBER) ||
			 strspn(cell->val, "0123456789") == strlen(cell->val));
	}
	if (versions.head)
		MUST(simple_string_list_member(&versions,
									   greatest_version(&versions, reading.tool->head_order)));
}
