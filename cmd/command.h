/*
 * What a command is: a const struct in a file of its own.
 */
#ifndef GM_CMD_COMMAND_H
#define GM_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses, as git has them. */
enum {
	EXIT_DONE = 0,
	EXIT_NO = 1,
	EXIT_FATAL = 128,
	EXIT_USAGE = 129
};

enum option_type {
	OPTION_END,
	/* Sets a bool. */
	OPTION_BOOL,
	/* Sets a const char *. */
	OPTION_STRING,
	/* Adds to a struct gm_strings, each time that it is given. */
	OPTION_STRINGS,
	/* The same, with a number of seconds, 0 or more, in it. */
	OPTION_SECONDS,
	/* Sets a long long, 1 or more. */
	OPTION_COUNT,
	/* Sets a long long to one more than the value, or, without a value,
	 * to 1: so that 0 is an option that isn't there. */
	OPTION_MAYBE_COUNT
};

struct option_spec {
	enum option_type type;
	/* '\0' for none. */
	char letter;
	const char *name;
	/* Where in the command's values. */
	size_t offset;
	/* What the value is called in the usage; NULL without one. */
	const char *arg;
	const char *help;
};

/* Options that commands share, in groups. */
enum option_group {
	/* --url, --target, --dir, --env-file */
	GROUP_URL = 1u << 0,
	/* --dir alone */
	GROUP_FILES = 1u << 1,
	/* --porcelain, --json */
	GROUP_LIST = 1u << 2,
	/* --no-wait, --wait, --lock-timeout */
	GROUP_LOCK = 1u << 3,
	/* -n, --dry-run */
	GROUP_DRY_RUN = 1u << 4,
	/* -q, --quiet */
	GROUP_QUIET = 1u << 5,
	/* --wait-for-database */
	GROUP_CONNECT = 1u << 6,
	GROUP_TARGET = GROUP_URL | GROUP_CONNECT
};

/* What every command's values begin with. */
struct common {
	const char *url;
	const char *target;
	const char *dir;
	const char *env_file;
	const char *wait;
	const char *lock_timeout;
	const char *wait_for_database;
	bool no_wait;
	bool porcelain;
	bool json;
	bool dry_run;
	bool quiet;
};

struct command;

/* One call of a command. */
struct invocation {
	const struct command *command;
	/* The command's own struct, which begins with `common`. */
	struct common *values;
	const char *const *args;
	size_t n_args;
};

struct command {
	const char *name;
	/* NULL for none. */
	const char *alias;
	/* What follows "git migrate NAME"; lines are alternatives. */
	const char *usage;
	/* One line for the list of commands; NULL for one that people don't
	 * type, which isn't listed. */
	const char *summary;
	/* A set of enum option_group, and the command's own. */
	unsigned groups;
	const struct option_spec *options;
	size_t values_size;
	/* Returns the exit status. */
	int (*run)(const struct invocation *in);
};

/* All commands in the order of the help, a NULL at the end. */
extern const struct command *const gm_commands[];

/* The command of that name or alias, or NULL. */
const struct command *gm_command_find(const char *name);

/*
 * Reads the arguments behind the command's name into values, and calls the
 * command. Returns the exit status; EXIT_USAGE for bad arguments, after
 * saying so.
 */
int gm_command_call(const struct command *command, int argc, char **argv);

/* Prints usage and options. */
void gm_command_usage(const struct command *command, bool as_error);

/* Says what is wrong with the arguments, and how they should be. */
int gm_usage_error(const struct invocation *in, const char *fmt, ...)
#if defined(__GNUC__)
	__attribute__((format(printf, 2, 3)))
#endif
	;

#endif
