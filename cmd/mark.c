/*
 * The frame of the commands that change rows only.
 */
#include "cmd/mark.h"

#include <stdio.h>

int gm_mark_run(const struct invocation *in,
		int (*make_plan)(struct session *s, struct gm_plan *plan))
{
	struct gm_plan plan = { 0 };
	struct session s;
	bool dry_run = in->values->dry_run;
	int ret = gm_session_open(
		&s, in, SESSION_FILES | SESSION_RUNNABLE | SESSION_CHANGE,
		NULL);

	if (!ret && !dry_run)
		ret = gm_session_lock(&s);
	if (!ret)
		ret = make_plan(&s, &plan);
	if (!ret && dry_run)
		ret = gm_session_print_plan(&s, &plan);
	else if (!ret)
		ret = gm_session_run(&s, &plan, false);
	if (!ret && !plan.n && !in->values->quiet)
		puts("nothing to do");
	gm_plan_release(&plan);
	return gm_session_end(&s, ret, EXIT_DONE);
}
