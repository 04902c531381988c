/*-------------------------------------------------------------------------
 *
 * processes.h
 *		The processes below this one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROCESSES_H
#define PROCESSES_H

#include "base/wait.h"

typedef struct Process
{
	char		name[64];
	char		state;
	pid_t		parent;
} Process;

extern bool read_process(pid_t pid, Process *process);
extern bool processes_are_visible(void);
extern pid_t *children_of(pid_t parent);
extern int	signal_children(pid_t parent, int signo);
extern bool kill_descendants(const pid_t *spared, Millis until);
extern bool is_among(pid_t pid, const pid_t *list);
extern bool process_is_stopped(pid_t pid);

#endif							/* PROCESSES_H */
