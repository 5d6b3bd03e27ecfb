/*
 * Taking up, or forgetting, what a journal has under way.
 */
#include "cmd/resume.h"

#include <stdio.h>

#include "cmd/output.h"
#include "work/journal.h"

int gm_resume_read(const struct invocation *in, const struct resume_values *v,
		   enum gm_resume *resume, enum gm_fate *fate)
{
	*resume = v->go_on     ? GM_RESUME_CONTINUE
		  : v->restart ? GM_RESUME_RESTART
		  : v->abort   ? GM_RESUME_ABORT
			       : GM_RESUME_NONE;
	*fate = v->ran	     ? GM_FATE_RAN
		: v->not_ran ? GM_FATE_NOT_RAN
			     : GM_FATE_UNKNOWN;
	if (v->go_on + v->restart + v->abort > 1)
		return gm_usage_error(in, "--continue, --restart and --abort "
					  "exclude each other");
	if (v->ran && v->not_ran)
		return gm_usage_error(in, "--ran and --not-ran exclude each "
					  "other");
	if ((v->ran || v->not_ran) && !v->go_on)
		return gm_usage_error(in, "--ran and --not-ran go with "
					  "--continue");
	return 0;
}

int gm_resume_judge(struct session *s, bool reverting, enum gm_resume resume)
{
	const struct gm_item *item = gm_plan_find_under_way(&s->comparison);
	const char *path;
	int live;

	if (!item) {
		if (!resume)
			return 0;
		return gm_error_set(&s->err, GM_EREFUSED,
				    "nothing is under way here");
	}
	live = gm_journal_is_live(s->project.history, item->row, &s->err);
	if (live < 0)
		return live;
	if (live)
		return gm_error_set(&s->err, GM_EBUSY, "another run is at '%s'",
				    item->row->id);
	if (resume && reverting == (item->row->state == GM_ROW_REVERTING))
		return 0;
	path = item->file ? item->file->path : NULL;
	return gm_journal_refuse(s->project.history, item->row, path, &s->err);
}

int gm_resume_print_what_ran(struct session *s)
{
	const struct gm_item *item = gm_plan_find_under_way(&s->comparison);
	struct gm_strbuf ran = { 0 };
	int ret;

	if (!item)
		return 0;
	ret = gm_journal_what_ran(s->project.history, item->row, &ran, &s->err);
	if (!ret && ran.len) {
		printf("-- these statements of %s did run:\n", item->row->id);
		fwrite(gm_strbuf_str(&ran), 1, ran.len, stdout);
	} else if (!ret) {
		printf("-- no statement of %s is known to have run\n",
		       item->row->id);
	}
	gm_strbuf_release(&ran);
	return ret;
}
