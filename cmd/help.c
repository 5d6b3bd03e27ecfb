/*
 * git migrate help: the list of commands, or the usage of one.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/output.h"
#include "cmd/session.h"

static void list_commands(void)
{
	const struct command *const *c;

	puts("usage: git migrate [-C DIR] COMMAND [OPTION…] [ARGUMENT…]\n");
	for (c = gm_commands; *c; c++) {
		char name[32];

		if (!(*c)->summary)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", (*c)->name,
			 (*c)->alias ? ", " : "",
			 (*c)->alias ? (*c)->alias : "");
		printf("  %-16s %s\n", name, (*c)->summary);
	}
	puts("\n'git migrate help COMMAND' says more of one, and 'git migrate "
	     "--help' opens the manual.");
}

static int run_help(const struct invocation *in)
{
	const struct command *command;

	if (in->n_args > 1)
		return gm_usage_error(in, "one command at a time");
	if (!in->n_args) {
		list_commands();
		return EXIT_DONE;
	}
	command = gm_command_find(in->args[0]);
	if (!command) {
		fprintf(stderr, "fatal: '%s' is not a command\n", in->args[0]);
		gm_print_hint("git migrate help lists them");
		return EXIT_USAGE;
	}
	gm_command_usage(command, false);
	return EXIT_DONE;
}

const struct command gm_command_help = {
	.name = "help",
	.usage = "[COMMAND]",
	.summary = "list the commands, or explain one",
	.values_size = sizeof(struct common),
	.run = run_help,
};
