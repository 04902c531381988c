/*-------------------------------------------------------------------------
 *
 * terminal_line.c
 *		Waiting told on a terminal, in one line that is written over again and again.
 *
 * That takes carriage returns and spaces only, which every terminal knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/visible.h"
#include "mb/pg_wchar.h"
#include "progress/progress.h"

#define DEFAULT_COLUMNS 80

static int	shown = 0;			/* columns that are filled */

static int
terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return DEFAULT_COLUMNS;
}

/*
 * Cut the text to that many columns.  Returns how many it fills.
 */
static int
cut_to_columns(char *text, int columns)
{
	int			filled = 0;
	int			width;
	char	   *s = text;

	for (; *s; s += PQmblenBounded(s, PG_UTF8), filled += width)
	{
		width = Max(PQdsplen(s, PG_UTF8), 0);
		if (filled + width > columns)
			break;
	}
	*s = '\0';
	return filled;
}

/*
 * Show the text in place of the one before.  The last column stays free:
 * some terminals go to the next line once it is filled.
 */
void
show_line(double waited, const char *reason, const char *detail, const char *hint)
{
	int			columns = terminal_columns() - 1;
	char	   *whole = psprintf("%s: waiting for %.0f s: %s. %s%s%s", program_name, waited, reason,
						   detail, *detail ? " " : "", hint);
	char	   *line = make_one_line(whole);
	int			before = Min(shown, columns);	/* it may be narrower now */

	shown = cut_to_columns(line, columns);
	fprintf(stderr, "\r%s%*s", line, Max(before - shown, 0), "");
	fflush(stderr);
	free(line);
	free(whole);
}

void
erase_line(void)
{
	if (shown == 0 || !log_can_write())
		return;
	fprintf(stderr, "\r%*s\r", Min(shown, terminal_columns() - 1), "");
	fflush(stderr);
	shown = 0;
}
