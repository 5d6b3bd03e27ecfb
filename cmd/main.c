/*
 * git migrate: the table of commands, and the way to one of them.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/session.h"

extern const struct command gm_command_init;
extern const struct command gm_command_new;
extern const struct command gm_command_status;
extern const struct command gm_command_log;
extern const struct command gm_command_show;
extern const struct command gm_command_apply;
extern const struct command gm_command_rollback;
extern const struct command gm_command_redo;
extern const struct command gm_command_reset;
extern const struct command gm_command_create_database;
extern const struct command gm_command_drop_database;
extern const struct command gm_command_fake;
extern const struct command gm_command_baseline;
extern const struct command gm_command_accept;
extern const struct command gm_command_restore;
extern const struct command gm_command_plan;
extern const struct command gm_command_seal;
extern const struct command gm_command_check;
extern const struct command gm_command_conflicts;
extern const struct command gm_command_rebase;
extern const struct command gm_command_merge;
extern const struct command gm_command_sync;
extern const struct command gm_command_hooks;
extern const struct command gm_command_hook;
extern const struct command gm_command_help;

/* clang-format off */
const struct command *const gm_commands[] = {
	&gm_command_init,
	&gm_command_new,
	&gm_command_status,
	&gm_command_log,
	&gm_command_show,
	&gm_command_apply,
	&gm_command_rollback,
	&gm_command_redo,
	&gm_command_reset,
	&gm_command_create_database,
	&gm_command_drop_database,
	&gm_command_fake,
	&gm_command_baseline,
	&gm_command_accept,
	&gm_command_restore,
	&gm_command_plan,
	&gm_command_seal,
	&gm_command_check,
	&gm_command_conflicts,
	&gm_command_rebase,
	&gm_command_merge,
	&gm_command_sync,
	&gm_command_hooks,
	&gm_command_hook,
	&gm_command_help,
	NULL,
};
/* clang-format on */

const struct command *gm_command_find(const char *name)
{
	const struct command *const *c;

	for (c = gm_commands; *c; c++)
		if (!strcmp((*c)->name, name) ||
		    ((*c)->alias && !strcmp((*c)->alias, name)))
			return *c;
	return NULL;
}

static int call_help(void)
{
	char name[] = "help";
	char *argv[] = { name, NULL };

	return gm_command_call(&gm_command_help, 1, argv);
}

/* Alone, the program shows the status. */
static int call_status(void)
{
	char name[] = "status";
	char *argv[] = { name, NULL };

	return gm_command_call(&gm_command_status, 1, argv);
}

int main(int argc, char **argv)
{
	const struct command *command;
	int status;

	gm_alloc_start();
	/* A file that grows past its limit is an error like any other. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (argc == 2 && !strcmp(argv[1], "-C")) {
		fputs("error: option '-C' needs a directory\n", stderr);
		return EXIT_USAGE;
	}
	while (argc > 2 && !strcmp(argv[1], "-C")) {
		if (chdir(argv[2]) < 0) {
			fprintf(stderr, "fatal: can't go to '%s'\n", argv[2]);
			return EXIT_FATAL;
		}
		argc -= 2;
		argv += 2;
	}
	if (argc < 2) {
		status = call_status();
	} else if (!strcmp(argv[1], "--version")) {
		printf("git-migrate version %s\n", gm_tool_version());
		status = EXIT_DONE;
	} else if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		status = call_help();
	} else if (!(command = gm_command_find(argv[1]))) {
		fprintf(stderr, "fatal: '%s' is not a command\n", argv[1]);
		gm_print_hint("git migrate help lists them");
		status = EXIT_USAGE;
	} else {
		status = gm_command_call(command, argc - 1, argv + 1);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fputs("fatal: can't write the output\n", stderr);
		return EXIT_FATAL;
	}
	return status;
}
