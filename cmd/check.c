/*
 * git migrate check: every rule that needs no database.
 */
#include <stdio.h>

#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/session.h"
#include "work/check.h"

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

static void print(const struct gm_check_result *result, size_t migrations)
{
	char a[64];
	char b[64];
	char c[64];
	size_t i;

	for (i = 0; i < result->findings.n; i++) {
		gm_print_finding(&result->findings.v[i], stdout);
		if (result->findings.v[i].hint) {
			fputs("  ", stdout);
			gm_print_text(result->findings.v[i].hint, stdout);
			putchar('\n');
		}
	}
	fflush(stdout);
	for (i = 0; i < result->notes.n; i++)
		fprintf(stderr, "note: %s\n", result->notes.v[i]);
	printf("%s, %s, %s\n", gm_plural(a, migrations, "migration"),
	       gm_plural(b, result->errors, "error"),
	       gm_plural(c, result->warnings, "warning"));
}

static int run_check(const struct invocation *in)
{
	struct gm_check_result result = { 0 };
	struct listing *listing;
	struct session s;
	int status = EXIT_DONE;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	ret = gm_session_open(&s, in, SESSION_FILES, NULL);
	if (!ret)
		ret = gm_check(&result, &s.project, &s.err);
	if (!ret) {
		listing = gm_listing_new(in->values, "findings");
		if (listing)
			list(listing, &result);
		else if (!in->values->quiet || result.errors)
			print(&result, s.project.series.n);
		gm_listing_finish(listing);
		status = result.errors ? EXIT_NO : EXIT_DONE;
	}
	gm_check_result_release(&result);
	return gm_session_end(&s, ret, status);
}

const struct command gm_command_check = {
	.name = "check",
	.usage = "[--porcelain | --json]",
	.summary = "judge the files, and compare them with what is published",
	.groups = GROUP_FILES | GROUP_LIST | GROUP_QUIET,
	.values_size = sizeof(struct common),
	.run = run_check,
};
