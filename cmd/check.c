/*
 * git migrate check: every rule that needs no database, and, asked, those that
 * do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/annotate.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/session.h"
#include "work/check.h"

struct check_values {
	struct common common;
	const char *base;
	const char *range;
	const char *format;
	bool staged;
	bool database;
};

static void list(struct listing *listing, const struct gm_check_result *result)
{
	size_t i;

	gm_listing_extra_int(listing, "errors", (int64_t)result->errors);
	gm_listing_extra_int(listing, "warnings", (int64_t)result->warnings);
	gm_listing_extra_list(listing, "notes", &result->notes);
	for (i = 0; i < result->findings.n; i++) {
		const struct gm_finding *f = &result->findings.v[i];

		gm_listing_row(listing);
		gm_listing_text(listing, "level", gm_level_name(f->level));
		gm_listing_text(listing, "rule", gm_rule_name(f->rule));
		gm_listing_text(listing, "path", f->path);
		gm_listing_int(listing, "line", (int64_t)f->line);
		gm_listing_text(listing, "message", f->message);
		gm_listing_extra_text(listing, "hint", f->hint);
	}
}

static void print_summary(const struct gm_check_result *result)
{
	char a[64];
	char b[64];
	char c[64];

	printf("%s, %s, %s\n", gm_plural(a, result->migrations, "migration"),
	       gm_plural(b, result->errors, "error"),
	       gm_plural(c, result->warnings, "warning"));
}

/* Each of its lines set off from the findings. */
static void print_hint(const char *hint)
{
	while (hint && *hint) {
		size_t len = strcspn(hint, "\n");
		char *line = gm_strndup(hint, len);

		fputs("  ", stdout);
		gm_print_text(line, stdout);
		putchar('\n');
		free(line);
		hint += len + (hint[len] == '\n');
	}
}

static void print(const struct gm_check_result *result, bool quiet)
{
	size_t i;

	for (i = 0; i < result->findings.n; i++) {
		if (quiet && result->findings.v[i].level != GM_LEVEL_ERROR)
			continue;
		gm_print_finding(&result->findings.v[i], stdout);
		print_hint(result->findings.v[i].hint);
	}
	fflush(stdout);
	if (quiet)
		return;
	for (i = 0; i < result->notes.n; i++)
		fprintf(stderr, "note: %s\n", result->notes.v[i]);
	print_summary(result);
}

static void show(const struct invocation *in,
		 const struct gm_check_result *result)
{
	const struct check_values *v = (const struct check_values *)in->values;
	struct listing *listing = gm_listing_new(in->values, "findings");

	if (listing) {
		list(listing, result);
		gm_listing_finish(listing);
	} else if (v->format && !strcmp(v->format, "gitlab")) {
		gm_annotate_gitlab(result);
	} else if (v->format) {
		gm_annotate_github(result);
		print_summary(result);
	} else {
		print(result, in->values->quiet);
	}
}

static bool is_format(const char *word)
{
	return !strcmp(word, "github") || !strcmp(word, "gitlab");
}

/* Which tree is judged, and against what. */
struct subject {
	enum gm_files_source source;
	/* Owned. */
	char *commit;
	char *base;
	bool direct;
};

/* A..B: B's tree against A's. A...B: against that of their merge bases.
 * A side that isn't written is HEAD. */
static void read_range(struct subject *subject, const char *range)
{
	const char *dots = strstr(range, "..");
	const char *b = dots + 2 + (dots[2] == '.');

	subject->direct = dots[2] != '.';
	subject->base = gm_strndup(range, (size_t)(dots - range));
	if (!*subject->base) {
		free(subject->base);
		subject->base = gm_strdup("HEAD");
	}
	subject->commit = gm_strdup(*b ? b : "HEAD");
	subject->source = GM_FROM_COMMIT;
}

static bool is_target_named(const struct common *values)
{
	return values->url || values->target || values->env_file ||
	       values->wait_for_database;
}

/* Returns 0, or the exit status of a bad command line. */
static int read_subject(struct subject *subject, const struct invocation *in)
{
	const struct check_values *v = (const struct check_values *)in->values;

	memset(subject, 0, sizeof(*subject));
	if (in->n_args > 1)
		return gm_usage_error(in, "one commit at a time");
	if (v->staged + (v->range != NULL) + (int)in->n_args > 1)
		return gm_usage_error(in, "--staged, --range and COMMIT "
					  "exclude each other");
	if (v->range && v->base)
		return gm_usage_error(in, "--range says what to compare with; "
					  "--base is for the other forms");
	if (v->range && !strstr(v->range, ".."))
		return gm_usage_error(in, "a range is A..B or A...B, not '%s'",
				      v->range);
	if (v->format && !is_format(v->format))
		return gm_usage_error(in,
				      "a format is github or gitlab, not "
				      "'%s'",
				      v->format);
	if (!v->database && is_target_named(in->values))
		return gm_usage_error(in, "a database is named, and not asked: "
					  "add --database");
	if (v->format && (in->values->json || in->values->porcelain))
		return gm_usage_error(in, "--format goes without --json and "
					  "--porcelain");
	if (v->range) {
		read_range(subject, v->range);
		return 0;
	}
	if (v->staged)
		subject->source = GM_FROM_INDEX;
	if (in->n_args) {
		subject->source = GM_FROM_COMMIT;
		subject->commit = gm_strdup(in->args[0]);
	}
	subject->base = gm_strdup_null(v->base);
	return 0;
}

static int check(struct session *s, const struct subject *subject,
		 bool database, struct gm_check_result *result)
{
	struct gm_check_options options = { .base = subject->base,
					    .direct = subject->direct,
					    .database = database };
	size_t i;
	int ret = gm_check_tree(result, &s->project, &options, &s->err);

	for (i = 0; i < result->findings.n; i++) {
		struct gm_finding *f = &result->findings.v[i];
		char *hint = gm_rule_asks_target(f->rule)
				     ? gm_session_add_target(s, f->hint)
				     : NULL;

		if (hint)
			gm_finding_hint(f, "%s", hint);
		free(hint);
	}
	return ret;
}

static int run_check(const struct invocation *in)
{
	const struct check_values *v = (const struct check_values *)in->values;
	struct gm_check_result result = { 0 };
	struct subject subject;
	struct session s;
	int status = EXIT_DONE;
	int ret = read_subject(&subject, in);

	if (ret)
		return ret;
	ret = gm_session_open_tree(&s, in, subject.source, subject.commit,
				   subject.direct ? NULL : subject.base);
	if (!ret)
		ret = check(&s, &subject, v->database, &result);
	if (!ret) {
		show(in, &result);
		status = result.errors ? EXIT_NO : EXIT_DONE;
	}
	gm_check_result_release(&result);
	free(subject.commit);
	free(subject.base);
	return gm_session_end(&s, ret, status);
}

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "staged", offsetof(struct check_values, staged),
	  NULL, "what the next commit would hold: the index" },
	{ OPTION_STRING, '\0', "base", offsetof(struct check_values, base),
	  "REF", "compare with REF rather than with what is published" },
	{ OPTION_STRING, '\0', "range", offsetof(struct check_values, range),
	  "A..B", "the tree of B, compared with that of A" },
	{ OPTION_BOOL, '\0', "database",
	  offsetof(struct check_values, database), NULL,
	  "and against what the target has applied; writes nothing there" },
	{ OPTION_STRING, '\0', "format", offsetof(struct check_values, format),
	  "FORMAT", "annotations for github, or a report for gitlab" },
	{ .type = OPTION_END },
};

const struct command gm_command_check = {
	.name = "check",
	.usage = "[--json | --porcelain | --format=FORMAT] [--database] "
		 "[--base=REF] [--staged | COMMIT]\n"
		 "[--json | --porcelain | --format=FORMAT] [--database] "
		 "--range=A..B",
	.summary = "judge the files, and compare them with what is published",
	.groups = GROUP_TARGET | GROUP_LIST | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct check_values),
	.run = run_check,
};
