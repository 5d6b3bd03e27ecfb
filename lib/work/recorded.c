/*
 * Migrations from recorded texts.
 */
#include "work/recorded.h"

#include <stdlib.h>

int gm_recorded_parse(struct gm_migration **out,
		      const struct gm_history_row *row, struct gm_strbuf *text,
		      struct gm_error *err)
{
	struct gm_findings findings = { 0 };
	struct gm_file file = { 0 };
	int ret;

	file.name = gm_format("%s.sql", row->id);
	file.path = gm_format("%s.sql (as applied)", row->id);
	file.len = text->len;
	file.bytes = gm_strbuf_take(text);
	ret = gm_migration_parse(out, row->app, &file, &findings);
	if (ret < 0)
		gm_error_set(err, GM_EINVALID,
			     "what was recorded for '%s' can't be read: %s",
			     row->id, findings.n ? findings.v[0].message : "");
	free(file.name);
	free(file.path);
	free(file.bytes);
	gm_findings_release(&findings);
	return ret;
}

static int read_history(void *context, const struct gm_history_row *row,
			struct gm_migration **out, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	int ret = gm_history_source(context, row->app, row->id, &text, err);

	*out = NULL;
	if (!ret)
		ret = gm_recorded_parse(out, row, &text, err);
	gm_strbuf_release(&text);
	return ret;
}

struct gm_recorded gm_recorded_in(struct gm_history *history)
{
	struct gm_recorded recorded = { history, read_history };

	return recorded;
}
