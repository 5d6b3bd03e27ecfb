/*
 * The options of commands, as tables: parsing with getopt_long, and the
 * usage that -h prints.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/wrap.h"

/* Where -h explains an option. */
#define HELP_COLUMN 29

#define OFFSET(member) offsetof(struct common, member)

static const struct {
	unsigned group;
	struct option_spec spec;
} shared[] = {
	{ GROUP_URL,
	  { OPTION_STRING, '\0', "url", OFFSET(url), "URL",
	    "the database, for example sqlite:app.db" } },
	{ GROUP_URL,
	  { OPTION_STRING, '\0', "target", OFFSET(target), "NAME",
	    "the database that the configuration calls NAME" } },
	{ GROUP_URL,
	  { OPTION_STRING, '\0', "env-file", OFFSET(env_file), "FILE",
	    "read variables, such as DATABASE_URL, from FILE" } },
	{ GROUP_URL | GROUP_FILES,
	  { OPTION_STRING, '\0', "dir", OFFSET(dir), "DIR",
	    "the directory with the migrations" } },
	{ GROUP_CONNECT,
	  { OPTION_SECONDS, '\0', "wait-for-database",
	    OFFSET(wait_for_database), "SECONDS",
	    "wait so long for a server that doesn't answer yet" } },
	{ GROUP_LOCK,
	  { OPTION_BOOL, '\0', "no-wait", OFFSET(no_wait), NULL,
	    "fail at once where another run is at work" } },
	{ GROUP_LOCK,
	  { OPTION_SECONDS, '\0', "wait", OFFSET(wait), "SECONDS",
	    "wait for another run no longer than this" } },
	{ GROUP_LOCK,
	  { OPTION_SECONDS, '\0', "lock-timeout", OFFSET(lock_timeout),
	    "SECONDS",
	    "let a statement wait for a lock no longer than this" } },
	{ GROUP_DRY_RUN,
	  { OPTION_BOOL, 'n', "dry-run", OFFSET(dry_run), NULL,
	    "print what would be done, and do nothing" } },
	{ GROUP_LIST,
	  { OPTION_BOOL, '\0', "porcelain", OFFSET(porcelain), NULL,
	    "print tab-separated lines for programs" } },
	{ GROUP_LIST,
	  { OPTION_BOOL, '\0', "json", OFFSET(json), NULL, "print JSON" } },
	{ GROUP_QUIET,
	  { OPTION_BOOL, 'q', "quiet", OFFSET(quiet), NULL,
	    "print nothing but errors" } },
};

#define DIGITS "0123456789"

/* A command's own options and those of its groups, as getopt wants them. */
struct table {
	const struct option_spec *specs[64];
	/* And --help, which has no spec. */
	struct option longs[66];
	char shorts[160];
	size_t n;
};

static void add_spec(struct table *table, const struct option_spec *spec)
{
	struct option *o = &table->longs[table->n];
	size_t len = strlen(table->shorts);

	o->name = spec->name;
	o->has_arg = spec->type == OPTION_BOOL		? no_argument
		     : spec->type == OPTION_MAYBE_COUNT ? optional_argument
							: required_argument;
	o->val = 256 + (int)table->n;
	table->specs[table->n++] = spec;
	if (spec->letter) {
		table->shorts[len++] = spec->letter;
		if (spec->type != OPTION_BOOL)
			table->shorts[len++] = ':';
		/* -3 is as good as -n 3. */
		if (spec->letter == 'n' && spec->type == OPTION_COUNT)
			strcpy(table->shorts + len, DIGITS);
	}
}

static void fill_table(struct table *table, const struct command *command)
{
	const struct option_spec *spec;
	size_t i;

	memset(table, 0, sizeof(*table));
	strcpy(table->shorts, "h");
	for (spec = command->options; spec && spec->type; spec++)
		add_spec(table, spec);
	for (i = 0; i < GM_ARRAY_SIZE(shared); i++)
		if (shared[i].group & command->groups)
			add_spec(table, &shared[i].spec);
	table->longs[table->n].name = "help";
	table->longs[table->n].val = 256 + (int)table->n;
}

/* As git has it: below, where there is no room beside it. */
static void print_help(const char *left, const char *help, FILE *out)
{
	if (strlen(left) > HELP_COLUMN - 5)
		fprintf(out, "    %s\n%*s", left, HELP_COLUMN, "");
	else
		fprintf(out, "    %-*s", HELP_COLUMN - 4, left);
	gm_print_wrapped(out, help, strlen(help), HELP_COLUMN, HELP_COLUMN);
}

static void print_option(const struct option_spec *spec, FILE *out)
{
	char left[64];
	char letter[8] = "";

	if (spec->letter)
		snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, spec->name,
		 spec->type == OPTION_MAYBE_COUNT ? "[="
		 : spec->arg			  ? "="
						  : "",
		 spec->arg ? spec->arg : "",
		 spec->type == OPTION_MAYBE_COUNT ? "]" : "");
	print_help(left, spec->help, out);
}

void gm_command_usage(const struct command *command, bool as_error)
{
	FILE *out = as_error ? stderr : stdout;
	const char *line = command->usage;
	const char *word = "usage:";
	struct table table;
	size_t i;

	for (;;) {
		size_t len = strcspn(line, "\n");
		int column = fprintf(out, "%s git migrate %s%s", word,
				     command->name, len ? " " : "");

		gm_print_wrapped(out, line, len, (size_t)column,
				 (size_t)column);
		word = "   or:";
		if (!line[len])
			break;
		line += len + 1;
	}
	if (command->alias)
		fprintf(out, "alias: git migrate %s\n", command->alias);
	fprintf(out, "\n%s\n\n",
		command->summary ? command->summary : "for git's hooks");
	fill_table(&table, command);
	for (i = 0; i < table.n; i++)
		print_option(table.specs[i], out);
	print_help("-h, --help", "print this", out);
}

static void print_problem(const char *fmt, va_list args) GM_PRINTF(1, 0);

static void print_problem(const char *fmt, va_list args)
{
	fputs("error: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

int gm_usage_error(const struct invocation *in, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_problem(fmt, args);
	va_end(args);
	gm_command_usage(in->command, true);
	return EXIT_USAGE;
}

/* A value that is none, or isn't there: all the rest of the usage would only
 * hide which. */
static int value_error(const struct invocation *in, const char *fmt, ...)
	GM_PRINTF(2, 3);

static int value_error(const struct invocation *in, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_problem(fmt, args);
	va_end(args);
	gm_print_hint("git migrate %s -h tells what it takes",
		      in->command->name);
	return EXIT_USAGE;
}

static int set_count(const struct invocation *in,
		     const struct option_spec *spec, const char *text,
		     long long *out)
{
	char *end;

	if (!text) {
		*out = 1;
		return 0;
	}
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno || end == text || *end || *out < 1)
		return value_error(in,
				   "option '--%s' takes a number of 1 "
				   "or more, not '%s'",
				   spec->name, text);
	*out += spec->type == OPTION_MAYBE_COUNT;
	return 0;
}

static bool is_seconds(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	return end != text && !*end && seconds >= 0 && seconds <= 1e9;
}

static int set_value(const struct invocation *in,
		     const struct option_spec *spec, const char *text)
{
	char *at = (char *)in->values + spec->offset;

	switch (spec->type) {
	case OPTION_BOOL:
		*(bool *)(void *)at = true;
		return 0;
	case OPTION_SECONDS:
		if (!is_seconds(text))
			return value_error(in,
					   "option '--%s' takes "
					   "seconds, not '%s'",
					   spec->name, text);
		*(const char **)(void *)at = text;
		return 0;
	case OPTION_STRING:
		*(const char **)(void *)at = text;
		return 0;
	case OPTION_STRINGS:
		gm_strings_add((struct gm_strings *)(void *)at, text);
		return 0;
	default:
		return set_count(in, spec, text, (long long *)(void *)at);
	}
}

static const struct option_spec *find_letter(const struct table *table,
					     int letter)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (table->specs[i]->letter == letter)
			return table->specs[i];
	return NULL;
}

/* getopt names it in optopt: a letter that is unknown or needs a value, or an
 * option that lacks one, or has one and takes none. */
static int bad_option(const struct invocation *in, const struct table *table,
		      const char *word)
{
	if (optopt >= 256)
		return value_error(in, "option '%s' %s", word,
				   table->longs[optopt - 256].has_arg
					   ? "needs a value"
					   : "takes no value");
	if (find_letter(table, optopt))
		return value_error(in, "option '-%c' needs a value", optopt);
	return gm_usage_error(in, "unknown option '-%c'", optopt);
}

/* -12, digit by digit: what counts is the whole word, which getopt has left
 * behind it when it is at the last one. */
static int set_digits(const struct invocation *in, const struct table *table,
		      const char *word)
{
	if (*word != '-' || !word[1] || word[1 + strspn(word + 1, DIGITS)])
		return 0;
	return set_value(in, find_letter(table, 'n'), word + 1);
}

/* Returns 0 to go on, or the exit status. */
static int read_options(struct invocation *in, const struct table *table,
			int argc, char **argv)
{
	int c;

	opterr = 0;
	optind = 1;
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		gm_command_usage(in->command, false);
		exit(EXIT_DONE);
	}
	while ((c = getopt_long(argc, argv, table->shorts, table->longs,
				NULL)) != -1) {
		const struct option_spec *spec;
		int ret;

		if (c == 'h' || (c >= 256 && !table->specs[c - 256])) {
			gm_command_usage(in->command, false);
			exit(EXIT_USAGE);
		}
		if (c == '?' && optopt)
			return bad_option(in, table, argv[optind - 1]);
		if (c == '?')
			return gm_usage_error(in, "unknown option '%s'",
					      argv[optind - 1]);
		spec = c >= 256 ? table->specs[c - 256] : find_letter(table, c);
		ret = c >= '0' && c <= '9'
			      ? set_digits(in, table, argv[optind - 1])
			      : set_value(in, spec, optarg);
		if (ret)
			return ret;
	}
	return 0;
}

static void free_values(const struct invocation *in)
{
	const struct option_spec *spec = in->command->options;

	for (; spec && spec->type; spec++)
		if (spec->type == OPTION_STRINGS)
			gm_strings_release(
				(void *)((char *)in->values + spec->offset));
	free(in->values);
}

int gm_command_call(const struct command *command, int argc, char **argv)
{
	struct invocation in = { .command = command };
	struct table table;
	int status;

	fill_table(&table, command);
	in.values = gm_calloc(1, command->values_size);
	status = read_options(&in, &table, argc, argv);
	if (!status && in.values->json && in.values->porcelain)
		status = gm_usage_error(&in, "--json and --porcelain exclude "
					     "each other");
	if (!status && in.values->url && in.values->target)
		status = gm_usage_error(&in, "--url and --target exclude each "
					     "other");
	in.args = (const char *const *)argv + optind;
	in.n_args = (size_t)(argc - optind);
	if (!status)
		status = command->run(&in);
	free_values(&in);
	return status;
}
