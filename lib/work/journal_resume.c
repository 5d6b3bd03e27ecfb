/*
 * Taking up a migration that stopped: from which statement on, whether the
 * rest can go on there, and in which session.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/fingerprint.h"
#include "sql/leavings.h"
#include "work/journal.h"
#include "work/statements.h"

/* What ran must be what the file says it was. */
static int check_unchanged(struct gm_history *history,
			   const struct gm_step *step, int64_t first,
			   struct gm_error *err)
{
	const struct gm_dialect *dialect = gm_history_dialect(history);
	const struct gm_section *section = gm_step_section(step, dialect);
	const struct gm_section *old;
	struct gm_plan plan = { 0 };
	struct gm_splitter a;
	struct gm_splitter b;
	int64_t i;
	int ret = gm_journal_load(history, step->row, &plan, err);

	if (ret < 0)
		goto done;
	old = gm_journal_section(history, step->row, plan.v[0].migration);
	if (!old || !section)
		goto done;
	gm_splitter_init(&a, dialect, old->sql, old->len);
	gm_splitter_init(&b, dialect, section->sql, section->len);
	for (i = 0; !ret && i < first; i++) {
		struct gm_statement x;
		struct gm_statement y;
		char hex_x[GM_HASH_HEX] = "";
		char hex_y[GM_HASH_HEX] = "";

		if (gm_splitter_next(&a, &x, NULL) > 0)
			gm_fingerprint(dialect, old->sql + x.start, x.len,
				       hex_x);
		if (gm_splitter_next(&b, &y, NULL) > 0)
			gm_fingerprint(dialect, section->sql + y.start, y.len,
				       hex_y);
		if (!strcmp(hex_x, hex_y))
			continue;
		ret = gm_error_set(err, GM_EREFUSED,
				   "%s: statement %lld has already run, and "
				   "is another one in the file now",
				   step->migration->path, (long long)i + 1);
		gm_error_hint(err, "put it back as it was, or use --restart");
	}
done:
	gm_plan_release(&plan);
	return ret;
}

/* What ran is gone with its session: whether the rest can do without. */
static int check_leavings(struct gm_history *history,
			  const struct gm_step *step, int64_t first,
			  struct gm_error *err)
{
	const struct gm_dialect *dialect = gm_history_dialect(history);
	const struct gm_section *section = gm_step_section(step, dialect);
	struct gm_leavings left = { 0 };
	int ret = 0;

	if (section)
		ret = gm_leavings_find(&left, dialect, section->sql,
				       section->len, (size_t)first, err);
	if (!ret && left.missing) {
		ret = gm_error_set(err, GM_EREFUSED,
				   "statement %zu may need %s, which statement "
				   "%zu left in a session that is gone",
				   left.reader + 1, left.missing,
				   left.maker + 1);
		gm_run_locate(step->migration, section, left.reader_start, err);
		gm_error_hint(err,
			      "write what makes it again above statement "
			      "%zu, or later, and --continue takes that "
			      "from the file",
			      (size_t)first + 1);
		gm_journal_hint_others(step->row, err);
	}
	gm_leavings_release(&left);
	return ret;
}

/* What ran must be the same, and the rest able to go on behind it. */
static int check_first(struct gm_history *history, const struct gm_step *step,
		       int64_t first, struct gm_error *err)
{
	int ret = check_unchanged(history, step, first, err);

	return ret ? ret : check_leavings(history, step, first, err);
}

int gm_journal_find_first(struct gm_history *history,
			  const struct gm_step *step, int64_t *first,
			  struct gm_error *err)
{
	const struct gm_history_row *row = step->row;

	*first = 0;
	if (step->resume != GM_RESUME_CONTINUE)
		return 0;
	*first = row->statements_done;
	if (!gm_journal_is_unknown(row) && step->fate != GM_FATE_UNKNOWN &&
	    !row->is_learned) {
		gm_error_set(err, GM_EREFUSED,
			     "the fate of every statement of '%s' is known",
			     row->id);
		return gm_error_hint(err, "leave out --ran or --not-ran");
	}
	if (!gm_journal_is_unknown(row))
		return check_first(history, step, *first, err);
	if (step->fate == GM_FATE_UNKNOWN && !gm_journal_is_void(history, row))
		return gm_journal_refuse(history, row, NULL, err);
	if (step->fate == GM_FATE_RAN)
		*first = row->statements_started;
	return check_first(history, step, *first, err);
}

/* Where what ran last has begun a transaction along with the end of another,
 * one is begun as that other was. */
static int begin_chained(struct gm_run *run, const struct gm_step *step,
			 const struct gm_section *section, int64_t first,
			 struct gm_error *err)
{
	struct gm_splitter splitter;
	struct gm_statement statement = { 0 };
	struct gm_statement opener = { 0 };
	int64_t i;
	int ret = 0;

	gm_splitter_init(&splitter, gm_history_dialect(run->history),
			 section->sql, section->len);
	for (i = 0; ret >= 0 && i < first; i++) {
		ret = gm_splitter_next(&splitter, &statement, err);
		if (ret > 0 && statement.flags & GM_STATEMENT_BEGINS)
			opener = statement;
	}
	if (ret < 0 || !opener.len || !(statement.flags & GM_STATEMENT_CHAINS))
		return ret < 0 ? ret : 0;
	return gm_run_attempt(run, step, section, &opener, err);
}

/*
 * What has run left its settings in a session that is gone: the schema, the
 * mode, the character set that the rest was written for. They are made again.
 */
int gm_journal_set_session(struct gm_run *run, const struct gm_step *step,
			   int64_t first, struct gm_error *err)
{
	const struct gm_dialect *dialect = gm_history_dialect(run->history);
	const struct gm_section *section = gm_step_section(step, dialect);
	struct gm_leavings left;
	struct gm_splitter splitter;
	struct gm_statement statement;
	char *note;
	int64_t i;
	int ret = gm_leavings_find(&left, dialect, section->sql, section->len,
				   (size_t)first, err);

	gm_splitter_init(&splitter, dialect, section->sql, section->len);
	for (i = 0; ret >= 0 && i < first; i++) {
		ret = gm_splitter_next(&splitter, &statement, err);
		if (ret <= 0 || !left.again[i])
			continue;
		ret = gm_run_patiently(run, step, section, &statement,
				       gm_run_attempt, err);
		if (ret < 0)
			gm_run_locate(step->migration, section, statement.start,
				      err);
	}
	if (ret >= 0 && left.locks) {
		note = gm_format("statement %zu has locked its tables again: "
				 "others may have changed them in between",
				 left.locks);
		gm_run_note(run, step, note);
		free(note);
	}
	gm_leavings_release(&left);
	return ret < 0 ? ret : begin_chained(run, step, section, first, err);
}
