/*-------------------------------------------------------------------------
 *
 * progress.c
 *		One line on a terminal that is written over again and again.
 *
 * It takes carriage returns and spaces only, which every terminal knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/visible.h"
#include "libpq-fe.h"
#include "mb/pg_wchar.h"

#define PREFIX "gw_bootstrap: "
#define DEFAULT_COLUMNS 80

static int	shown = 0;			/* columns that are filled */

bool
progress_is_possible(void)
{
	static int	terminal = -1;

	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	return terminal && !log_is_json() && log_is_wanted(LOG_INFO);
}

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
progress_show(const char *text)
{
	int			columns = terminal_columns() - 1;
	char	   *whole = psprintf(PREFIX "%s", text);
	char	   *line = make_one_line(whole);
	int			before = Min(shown, columns);	/* it may be narrower now */

	shown = cut_to_columns(line, columns);
	fprintf(stderr, "\r%s%*s", line, Max(before - shown, 0), "");
	fflush(stderr);
	free(line);
	free(whole);
}

void
progress_erase(void)
{
	if (shown == 0 || !log_can_write())
		return;
	fprintf(stderr, "\r%*s\r", Min(shown, terminal_columns() - 1), "");
	fflush(stderr);
	shown = 0;
}
