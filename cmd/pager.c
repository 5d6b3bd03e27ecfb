/*
 * The pager is a child at the other end of a pipe that stdout becomes.
 */
#include "cmd/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

extern char **environ;

/* NULL: what is printed goes straight to the terminal. */
static const char *find_pager(const struct gm_config *config)
{
	const struct gm_config_entry *core;
	const char *name = getenv("GIT_PAGER");

	core = gm_config_find_user(config, "core.pager");
	if (!name && core)
		name = core->value;
	if (!name)
		name = getenv("PAGER");
	if (!name)
		name = "less";
	return *name && strcmp(name, "cat") != 0 ? name : NULL;
}

/* A single word needs no shell, and without one it is known at once whether
 * there is such a program. */
static int spawn(pid_t *pid, const char *command, int input)
{
	posix_spawn_file_actions_t actions;
	char *words = gm_strdup(command);
	char sh[] = "sh";
	char option[] = "-c";
	char *shell[] = { sh, option, words, NULL };
	char *direct[] = { words, NULL };
	bool plain = !command[strcspn(command, "|&;<>()$`\\\"' \t\n*?[#~=%")];
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	rc = posix_spawnp(pid, plain ? words : sh, &actions, NULL,
			  plain ? direct : shell, environ);
	posix_spawn_file_actions_destroy(&actions);
	free(words);
	return rc;
}

void gm_pager_start(struct pager *pager, const struct gm_config *config)
{
	const char *command = find_pager(config);
	bool colour = true;
	int ends[2];

	memset(pager, 0, sizeof(*pager));
	if (!command || !isatty(STDOUT_FILENO) || pipe(ends) < 0)
		return;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	setenv("LESS", "FRX", 0);
	setenv("LV", "-c", 0);
	if (spawn(&pager->pid, command, ends[0]) == 0) {
		fflush(stdout);
		pager->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		dup2(ends[1], STDOUT_FILENO);
		if (isatty(STDERR_FILENO)) {
			pager->err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
			dup2(ends[1], STDERR_FILENO);
		}
		setenv("GIT_PAGER_IN_USE", "true", 1);
		gm_config_bool(config, "color.pager", true, &colour, NULL);
		if (!colour)
			setenv("GIT_MIGRATE_COLOR", "never", 0);
	} else {
		pager->pid = 0;
	}
	close(ends[0]);
	close(ends[1]);
}

void gm_pager_end(struct pager *pager)
{
	void (*before)(int);
	int status;

	if (!pager->pid)
		return;
	/* Ctrl-C is the pager's as long as it is there. */
	before = signal(SIGINT, SIG_IGN);
	fflush(stdout);
	dup2(pager->out, STDOUT_FILENO);
	close(pager->out);
	if (pager->err) {
		dup2(pager->err, STDERR_FILENO);
		close(pager->err);
	}
	waitpid(pager->pid, &status, 0);
	signal(SIGINT, before);
	memset(pager, 0, sizeof(*pager));
}
