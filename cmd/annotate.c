/*
 * Annotations. GitHub reads them from the job's output, GitLab from a file.
 */
#include "cmd/annotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/listing.h"
#include "cmd/output.h"

/* What would end a command, or one of its properties. */
static void print_escaped(const char *text, bool property)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool ends = property && (c == ':' || c == ',');

		if (c == '%' || c == '\r' || c == '\n' || ends)
			printf("%%%02X", c);
		else
			putchar(c);
	}
}

static void print_command(const char *command, const struct gm_finding *f)
{
	printf("::%s ", command);
	if (f->path) {
		fputs("file=", stdout);
		print_escaped(f->path, true);
		putchar(',');
	}
	if (f->path && f->line)
		printf("line=%zu,", f->line);
	printf("title=git-migrate %s::", gm_rule_name(f->rule));
	print_escaped(f->message, false);
	if (f->hint) {
		print_escaped("\n", false);
		print_escaped(f->hint, false);
	}
	putchar('\n');
}

void gm_annotate_github(const struct gm_check_result *result)
{
	static const char *const commands[] = {
		[GM_LEVEL_OFF] = "debug",
		[GM_LEVEL_NOTE] = "notice",
		[GM_LEVEL_WARN] = "warning",
		[GM_LEVEL_ERROR] = "error",
	};
	size_t i;

	for (i = 0; i < result->findings.n; i++)
		print_command(commands[result->findings.v[i].level],
			      &result->findings.v[i]);
	for (i = 0; i < result->notes.n; i++) {
		fputs("::notice title=git-migrate::", stdout);
		print_escaped(result->notes.v[i], false);
		putchar('\n');
	}
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Which one it is of those that say the same of the same file. */
static size_t count_before(const struct gm_findings *findings, size_t at)
{
	const struct gm_finding *f = &findings->v[at];
	size_t count = 0;
	size_t i;

	for (i = at; i-- > 0;) {
		const struct gm_finding *other = &findings->v[i];

		/* They are sorted by path. */
		if (!same_text(other->path, f->path))
			break;
		count += other->rule == f->rule &&
			 !strcmp(other->message, f->message);
	}
	return count;
}

static void fingerprint(char hex[GM_HASH_HEX],
			const struct gm_findings *findings, size_t at)
{
	const struct gm_finding *f = &findings->v[at];
	char *text = gm_format("%s\n%s\n%s\n%zu", gm_rule_name(f->rule),
			       f->path ? f->path : "", f->message,
			       count_before(findings, at));

	gm_hash_bytes(text, strlen(text), hex);
	free(text);
}

void gm_annotate_gitlab(const struct gm_check_result *result)
{
	static const char *const severities[] = {
		[GM_LEVEL_OFF] = "info",
		[GM_LEVEL_NOTE] = "info",
		[GM_LEVEL_WARN] = "minor",
		[GM_LEVEL_ERROR] = "critical",
	};
	struct listing *listing = gm_listing_array();
	char hex[GM_HASH_HEX];
	size_t i;

	for (i = 0; i < result->findings.n; i++) {
		const struct gm_finding *f = &result->findings.v[i];
		char *text = gm_format("%s%s%s", f->message,
				       f->hint ? ": " : "",
				       f->hint ? f->hint : "");

		fingerprint(hex, &result->findings, i);
		gm_listing_row(listing);
		gm_listing_text(listing, "description", text);
		gm_listing_text(listing, "check_name", gm_rule_name(f->rule));
		gm_listing_text(listing, "fingerprint", hex);
		gm_listing_text(listing, "severity", severities[f->level]);
		/* A report is of files and lines, and nothing else. */
		gm_listing_open(listing, "location");
		gm_listing_text(listing, "path",
				f->path ? f->path : ".gitmigrate");
		gm_listing_open(listing, "lines");
		gm_listing_int(listing, "begin",
			       f->line ? (int64_t)f->line : 1);
		gm_listing_close(listing);
		gm_listing_close(listing);
		free(text);
	}
	gm_listing_finish(listing);
	for (i = 0; i < result->notes.n; i++)
		gm_print_note("%s", result->notes.v[i]);
}
