/*
 * git migrate log: the series, newest first, with what the history knows.
 */
#include <stdlib.h>

#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/session.h"

struct log_values {
	struct common common;
	long long count;
};

#define AT(member) offsetof(struct log_values, member)

static const struct option_spec options[] = {
	{ OPTION_COUNT, 'n', "max-count", AT(count), "N", "show at most N" },
	{ .type = OPTION_END },
};

static void list_item(struct listing *listing, const struct gm_item *item)
{
	const struct gm_history_row *row = item->row;
	char *name = gm_migration_name(gm_item_app(item), gm_item_id(item));
	char *checksum = gm_format(GM_CHECKSUM_TAG "%s",
				   gm_item_checksum(item));

	gm_listing_row(listing);
	gm_listing_text(listing, "state", gm_state_name(item->state));
	gm_listing_text(listing, "id", name);
	gm_listing_text(listing, "checksum", checksum);
	gm_listing_text(listing, "applied_at", row ? row->applied_at : NULL);
	gm_listing_text(listing, "applied_by", row ? row->applied_by : NULL);
	gm_listing_text(listing, "commit", row ? row->commit_id : NULL);
	gm_listing_text(listing, "branch", row ? row->branch : NULL);
	gm_listing_int(listing, "batch", row ? row->batch : -1);
	gm_listing_int(listing, "duration_ms", row ? row->duration_ms : -1);
	gm_listing_extra_int(listing, "position", row ? row->position : -1);
	gm_listing_extra_bool(listing, "dirty", row && row->dirty);
	gm_listing_extra_text(listing, "blob", row ? row->blob : NULL);
	gm_listing_extra_text(listing, "tool_version",
			      row ? row->tool_version : NULL);
	free(name);
	free(checksum);
}

static void print_item(const struct gm_item *item, bool first)
{
	const struct gm_history_row *row = item->row;
	char *name = gm_migration_name(gm_item_app(item), gm_item_id(item));

	if (!first)
		putchar('\n');
	gm_print_coloured(COLOUR_YELLOW, 0, "migration ");
	gm_print_coloured(COLOUR_YELLOW, 0, name);
	printf(" (%s)\n", gm_state_name(item->state));
	if (row) {
		printf("Applied: %s by ", row->applied_at);
		gm_print_text(row->applied_by, stdout);
		printf("\nBatch:   %lld, %lld ms\n", (long long)row->batch,
		       (long long)row->duration_ms);
	}
	if (row && row->commit_id) {
		printf("Commit:  %.12s", row->commit_id);
		if (row->branch) {
			fputs(" on ", stdout);
			gm_print_text(row->branch, stdout);
		}
		puts(row->dirty ? ", the file not committed" : "");
	}
	free(name);
}

static int run_log(const struct invocation *in)
{
	const struct log_values *v = (const struct log_values *)in->values;
	struct listing *listing;
	struct session s;
	size_t shown = 0;
	size_t i;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_READ, NULL);
	if (ret < 0)
		return gm_session_end(&s, ret, EXIT_DONE);
	listing = gm_listing_new(in->values, "migrations");
	for (i = s.comparison.n; i-- > 0;) {
		if (v->count && shown == (size_t)v->count)
			break;
		if (listing)
			list_item(listing, &s.comparison.v[i]);
		else
			print_item(&s.comparison.v[i], !shown);
		shown++;
	}
	gm_listing_finish(listing);
	return gm_session_end(&s, 0, EXIT_DONE);
}

const struct command gm_command_log = {
	.name = "log",
	.usage = "[-n N] [--porcelain | --json]",
	.summary = "show the series, newest first, and when each was applied",
	.groups = GROUP_TARGET | GROUP_LIST,
	.options = options,
	.values_size = sizeof(struct log_values),
	.run = run_log,
};
