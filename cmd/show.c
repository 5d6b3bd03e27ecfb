/*
 * git migrate show: one migration, whole.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/pager.h"
#include "cmd/session.h"
#include "work/edits.h"
#include "work/journal.h"

static void print_text_field(const char *text)
{
	char *shown = gm_printable(text);

	fputs(shown, stdout);
	free(shown);
}

static void print_parents(const struct gm_migration *m)
{
	size_t i;

	for (i = 0; i < m->n_above; i++)
		printf("Parent:    %s\n", m->before[i]->id);
	if (!m->n_above)
		puts("Parent:    none");
	for (i = 0; i < m->n_depends; i++)
		printf("Depends:   %s/%s\n", m->depends[i].app,
		       m->depends[i].id);
}

static void print_row(const struct gm_history_row *row)
{
	printf("Applied:   %s by ", row->applied_at);
	print_text_field(row->applied_by);
	printf("\nBatch:     %lld, position %lld, %lld ms\n",
	       (long long)row->batch, (long long)row->position,
	       (long long)row->duration_ms);
	if (row->commit_id) {
		printf("Commit:    %s%s", row->commit_id,
		       row->branch ? " on " : "");
		print_text_field(row->branch ? row->branch : "");
		puts(row->dirty ? ", the file not committed" : "");
	}
	if (row->blob)
		printf("Blob:      %s\n", row->blob);
	if (row->error) {
		fputs("Error:     ", stdout);
		gm_print_text(row->error, stdout);
		putchar('\n');
	}
}

/* Which commit brought the file, and by whom. */
static int find_origin(struct session *s, const struct gm_item *item,
		       struct gm_change *change)
{
	const struct gm_app *app = gm_project_app(&s->project,
						  gm_item_app(item));

	memset(change, 0, sizeof(*change));
	if (!s->project.repo || !item->file || !app || *app->dir == '/')
		return 0;
	return gm_repo_last_change(s->project.repo, item->file->path, true,
				   change, NULL) == 0;
}

/* "Brought:   COMMIT by AUTHOR on DATE (SUBJECT)" */
static void print_change(const char *word, const struct gm_change *change,
			 const char *date)
{
	printf("%-10s %.12s by ", word, change->commit);
	print_text_field(change->author);
	printf(" on %s (", date);
	print_text_field(change->subject);
	putchar(')');
}

/* Who brought it, and how it came to where others have it. */
static void print_origin(struct session *s, const struct gm_item *item)
{
	struct gm_publication *list;
	struct gm_change origin;
	size_t n;
	size_t i;

	if (find_origin(s, item, &origin)) {
		print_change("Brought:", &origin, origin.date);
		puts(gm_repo_is_shallow(s->project.repo)
			     ? ", as far as this shallow clone tells"
			     : "");
	}
	gm_change_release(&origin);
	list = gm_find_publications(&s->project, item, &n);
	for (i = 0; i < n; i++) {
		print_change("Published:", &list[i].arrival,
			     list[i].arrival.committed);
		fputs(", on ", stdout);
		print_text_field(list[i].ref);
		putchar('\n');
	}
	gm_publications_free(list, n);
}

static bool is_changed(const struct gm_item *item)
{
	return item->file && item->row &&
	       (item->state == GM_STATE_EDITED ||
		item->state == GM_STATE_COSMETIC || item->down_changed ||
		item->verify_changed);
}

/* The commits that changed it since it was applied. */
static void print_edit(struct session *s, const struct gm_item *item)
{
	struct gm_edit edit;
	size_t i;

	if (!is_changed(item))
		return;
	gm_find_edit(&s->project, item, &edit);
	if (edit.uncommitted)
		puts("Changed:   not committed yet");
	for (i = 0; i < edit.commits.n; i++) {
		print_change("Changed:", &edit.commits.v[i],
			     edit.commits.v[i].date);
		putchar('\n');
	}
	gm_edit_release(&edit);
}

static void print_refs(const struct gm_strings *refs)
{
	size_t i;

	if (!refs->n)
		return;
	fputs("On:        ", stdout);
	for (i = 0; i < refs->n; i++) {
		fputs(i ? ", " : "", stdout);
		gm_print_text(refs->v[i], stdout);
	}
	putchar('\n');
}

/* The text: the file's, or what was recorded where there is none. A terminal
 * isn't told what to do by it. */
static int print_body(struct session *s, const struct gm_item *item,
		      bool terminal)
{
	struct gm_strbuf text = { 0 };
	int ret = 0;

	putchar('\n');
	if (is_changed(item))
		ret = gm_edit_diff(&s->project, item, &text, &s->err);
	else if (item->file)
		gm_strbuf_add(&text, item->file->text, item->file->len);
	else
		ret = gm_history_source(s->project.history, item->row->app,
					item->row->id, &text, &s->err);
	if (terminal)
		gm_print_text(gm_strbuf_str(&text), stdout);
	else
		fwrite(gm_strbuf_str(&text), 1, text.len, stdout);
	if (text.len && text.buf[text.len - 1] != '\n')
		putchar('\n');
	gm_strbuf_release(&text);
	return ret;
}

static int print_item(struct session *s, const struct gm_item *item,
		      bool terminal)
{
	char *name = gm_migration_name(gm_item_app(item), gm_item_id(item));
	struct gm_strings refs = { 0 };

	gm_print_coloured(COLOUR_YELLOW, 0, "migration ");
	gm_print_coloured(COLOUR_YELLOW, 0, name);
	printf("\nState:     %s\n", gm_state_name(item->state));
	printf("Checksum:  " GM_CHECKSUM_TAG "%s%s\n", gm_item_checksum(item),
	       item->file && gm_migration_is_sealed(item->file) ? " (sealed)"
								: "");
	if (item->file) {
		fputs("File:      ", stdout);
		print_text_field(item->file->path);
		putchar('\n');
		print_parents(item->file);
	} else {
		printf("File:      %s; this is what was applied\n",
		       item->state == GM_STATE_EDITED ? "can't be read"
						      : "none in this tree");
	}
	print_origin(s, item);
	if (item->row)
		print_row(item->row);
	print_edit(s, item);
	gm_find_refs(&s->project, item, &refs);
	print_refs(&refs);
	gm_strings_release(&refs);
	free(name);
	return print_body(s, item, terminal);
}

static void list_parents(struct listing *listing, const struct gm_migration *m)
{
	struct gm_strings parents = { 0 };
	struct gm_strings depends = { 0 };
	size_t i;

	for (i = 0; m && i < m->n_above; i++)
		gm_strings_add(&parents, m->before[i]->id);
	for (i = 0; m && i < m->n_depends; i++)
		gm_strings_take(&depends, gm_migration_name(m->depends[i].app,
							    m->depends[i].id));
	gm_listing_extra_list(listing, "parents", &parents);
	gm_listing_extra_list(listing, "depends", &depends);
	gm_strings_release(&parents);
	gm_strings_release(&depends);
}

static void list_row(struct listing *listing, const struct gm_history_row *row)
{
	gm_listing_text(listing, "applied_at", row ? row->applied_at : NULL);
	gm_listing_text(listing, "applied_by", row ? row->applied_by : NULL);
	gm_listing_text(listing, "commit", row ? row->commit_id : NULL);
	gm_listing_text(listing, "branch", row ? row->branch : NULL);
	gm_listing_text(listing, "blob", row ? row->blob : NULL);
	gm_listing_int(listing, "batch", row ? row->batch : -1);
	gm_listing_int(listing, "position", row ? row->position : -1);
	gm_listing_int(listing, "duration_ms", row ? row->duration_ms : -1);
	if (row)
		gm_listing_extra_bool(listing, "dirty", row->dirty);
	else
		gm_listing_extra_text(listing, "dirty", NULL);
	gm_listing_extra_text(listing, "error", row ? row->error : NULL);
}

/* Where it came from, and what became of it. */
static void list_provenance(struct session *s, struct listing *listing,
			    const struct gm_item *item)
{
	struct gm_strings commits = { 0 };
	struct gm_publication *list;
	struct gm_edit edit = { 0 };
	struct gm_change origin;
	bool known = find_origin(s, item, &origin);
	size_t n;
	size_t i;

	gm_listing_extra_text(listing, "introduced_in",
			      known ? origin.commit : NULL);
	gm_listing_extra_text(listing, "introduced_by",
			      known ? origin.author : NULL);
	gm_listing_extra_text(listing, "introduced_at",
			      known ? origin.date : NULL);
	list = gm_find_publications(&s->project, item, &n);
	gm_listing_extra_text(listing, "published_in",
			      n ? list->arrival.commit : NULL);
	gm_listing_extra_text(listing, "published_at",
			      n ? list->arrival.committed : NULL);
	gm_listing_extra_text(listing, "published_on", n ? list->ref : NULL);
	if (is_changed(item))
		gm_find_edit(&s->project, item, &edit);
	for (i = 0; i < edit.commits.n; i++)
		gm_strings_add(&commits, edit.commits.v[i].commit);
	gm_listing_extra_list(listing, "changed_in", &commits);
	gm_listing_extra_bool(listing, "uncommitted", edit.uncommitted);
	gm_edit_release(&edit);
	gm_publications_free(list, n);
	gm_change_release(&origin);
	gm_strings_release(&commits);
}

static int list_item(struct session *s, struct listing *listing,
		     const struct gm_item *item)
{
	char *name = gm_migration_name(gm_item_app(item), gm_item_id(item));
	char *checksum = gm_format(GM_CHECKSUM_TAG "%s",
				   gm_item_checksum(item));
	struct gm_strings refs = { 0 };
	struct gm_strbuf text = { 0 };
	int ret = 0;

	gm_listing_row(listing);
	gm_listing_text(listing, "state", gm_state_name(item->state));
	gm_listing_text(listing, "id", name);
	gm_listing_text(listing, "checksum", checksum);
	gm_listing_text(listing, "path", item->file ? item->file->path : NULL);
	list_row(listing, item->row);
	list_parents(listing, item->file);
	gm_listing_extra_bool(listing, "sealed",
			      item->file && gm_migration_is_sealed(item->file));
	if (s->in->values->json)
		list_provenance(s, listing, item);
	gm_find_refs(&s->project, item, &refs);
	gm_listing_extra_list(listing, "refs", &refs);
	if (item->file)
		gm_strbuf_add(&text, item->file->text, item->file->len);
	else
		ret = gm_history_source(s->project.history, item->row->app,
					item->row->id, &text, &s->err);
	gm_listing_extra_text(listing, "text", gm_strbuf_str(&text));
	gm_strbuf_release(&text);
	gm_strings_release(&refs);
	free(name);
	free(checksum);
	return ret;
}

static int run_show(const struct invocation *in)
{
	const struct gm_item *item = NULL;
	struct pager pager = { 0 };
	struct listing *listing;
	struct session s;
	/* The pager's pipe takes its place. */
	bool terminal = isatty(STDOUT_FILENO);
	int ret;

	if (in->n_args != 1)
		return gm_usage_error(in, "name one migration");
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_READ, NULL);
	if (!ret)
		ret = gm_comparison_find(&item, &s.comparison, in->args[0],
					 &s.err);
	if (ret < 0)
		return gm_session_end(&s, ret, EXIT_DONE);
	gm_journal_mark_live(s.project.history, &s.comparison);
	listing = gm_listing_new(in->values, "migrations");
	if (!listing)
		gm_pager_start(&pager, &s.project.config);
	ret = listing ? list_item(&s, listing, item)
		      : print_item(&s, item, terminal);
	gm_listing_finish(listing);
	gm_pager_end(&pager);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_show = {
	.name = "show",
	.usage = "[--porcelain | --json] REV",
	.summary = "show one migration: file, parents, origin, history, text",
	.groups = GROUP_TARGET | GROUP_LIST,
	.values_size = sizeof(struct common),
	.run = run_show,
};
