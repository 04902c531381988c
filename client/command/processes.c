/*-------------------------------------------------------------------------
 *
 * processes.c
 *		The processes below this one.
 *
 * They are found in /proc/PID/stat, which every Linux has where /proc is;
 * /proc/PID/task/PID/children takes CONFIG_PROC_CHILDREN.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/processes.h"

/* How often to look whether what was killed is gone. */
#define GONE_INTERVAL_MS 10

/*
 * What the kernel tells of a process; false if there is none.
 */
bool
read_process(pid_t pid, Process *process)
{
	char		path[32];
	char		line[512];
	FILE	   *file;
	char	   *end = NULL;
	size_t		len;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	len = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[len] = '\0';

	/* "1 (sh) S 0 ...": a name may have parentheses, too */
	end = strrchr(line, ')');
	if (end == NULL || sscanf(end, ") %c %d", &process->state, &process->parent) != 2)
		return false;
	*end = '\0';
	strlcpy(process->name, strchr(line, '(') ? strchr(line, '(') + 1 : "", sizeof(process->name));
	return true;
}

/*
 * Whether /proc shows our own processes: it may be missing, or be that of
 * another PID namespace.
 */
bool
processes_are_visible(void)
{
	char		self[32];
	ssize_t		len = readlink("/proc/self", self, sizeof(self) - 1);

	if (len < 0)
		return false;
	self[len] = '\0';
	return atoi(self) == getpid();
}

/*
 * The children of a process, ended by 0.
 */
pid_t *
children_of(pid_t parent)
{
	int			count = 0;
	pid_t	   *children = pg_malloc(sizeof(pid_t));
	DIR		   *dir = opendir("/proc");
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
	{
		pid_t		pid = atoi(entry->d_name);
		Process		process;

		if (pid <= 0 || !read_process(pid, &process) || process.parent != parent)
			continue;
		children = pg_realloc(children, (count + 2) * sizeof(pid_t));
		children[count++] = pid;
	}
	if (dir != NULL)
		closedir(dir);
	children[count] = 0;
	return children;
}

/*
 * Send a signal to every child of a process.  Returns how many there were.
 */
int
signal_children(pid_t parent, int signo)
{
	pid_t	   *children = children_of(parent);
	int			count = 0;

	for (; children[count] != 0; count++)
		kill(children[count], signo);
	free(children);
	return count;
}

bool
is_among(pid_t pid, const pid_t *list)
{
	while (list != NULL && *list != 0)
	{
		if (*list++ == pid)
			return true;
	}
	return false;
}

/*
 * Kill all children of ours but those spared, who are not to be reaped,
 * either.  Children of a process that is killed become ours, if we are a
 * sub-reaper, so go on until none is left.  Returns false if the time was up.
 */
bool
kill_descendants(const pid_t *spared, Millis until)
{
	for (;;)
	{
		pid_t	   *children = children_of(getpid());
		int			left = 0;

		for (pid_t *child = children; *child != 0; child++)
		{
			if (is_among(*child, spared))
				continue;
			kill(*child, SIGKILL);
			waitpid(*child, NULL, WNOHANG);
			left++;
		}
		free(children);
		if (left == 0 || now_ms() >= until)
			return left == 0;
		poll(NULL, 0, GONE_INTERVAL_MS);
	}
}

/*
 * Whether it does nothing until somebody lets it go on: SIGSTOP, or a debugger.
 */
bool
process_is_stopped(pid_t pid)
{
	Process		process;

	return read_process(pid, &process) && strchr("Tt", process.state) != NULL;
}
