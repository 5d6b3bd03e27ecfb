/*
 * The options that take up what a journal has under way, shared by apply
 * and rollback.
 */
#ifndef GM_CMD_RESUME_H
#define GM_CMD_RESUME_H

#include "cmd/session.h"
#include "work/plan.h"

struct resume_values {
	bool go_on;
	bool restart;
	bool abort;
	bool ran;
	bool not_ran;
};

/* The rows of a command's option table, whose values' struct is `type`, with
 * a member `resume`. */
#define GM_RESUME_OPTION(type, name, member, help)                             \
	{                                                                      \
		OPTION_BOOL, '\0', name, offsetof(type, member), NULL, help    \
	}
#define GM_RESUME_OPTIONS(type)                                                \
	GM_RESUME_OPTION(type, "continue", resume.go_on,                       \
			 "go on where a run broke"),                           \
		GM_RESUME_OPTION(type, "restart", resume.restart,              \
				 "begin the broken one again"),                \
		GM_RESUME_OPTION(type, "abort", resume.abort,                  \
				 "forget the broken one, print what ran"),     \
		GM_RESUME_OPTION(type, "ran", resume.ran,                      \
				 "with --continue: the unknown one ran"),      \
		GM_RESUME_OPTION(type, "not-ran", resume.not_ran,              \
				 "with --continue: it has not run")

/* 0, or EXIT_USAGE where the options contradict each other. */
int gm_resume_read(const struct invocation *in, const struct resume_values *v,
		   enum gm_resume *resume, enum gm_fate *fate);

/*
 * Judges what the journal has under way, before a plan: 0 where there is
 * nothing, or where `resume` takes it up. GM_EBUSY where a live run is at
 * it, GM_EREFUSED with the ways to go on where it broke, where it isn't this
 * command's to take up, or where a statement whose `fate` is told was at work
 * until now.
 */
int gm_resume_judge(struct session *s, bool reverting, enum gm_resume resume,
		    enum gm_fate fate);

/* For --abort: prints the statements that did run. */
int gm_resume_print_what_ran(struct session *s);

#endif
