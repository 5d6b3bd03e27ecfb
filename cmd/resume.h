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

/* The rows of a command's option table; `type` is its values' struct, with
 * a member `resume`. */
#define RESUME_OPTIONS(type)                                                       \
	{ OPTION_BOOL, '\0',                                                       \
	  "continue",  offsetof(type, resume.go_on),                               \
	  NULL,	       "go on where a run broke" },                                \
		{ OPTION_BOOL, '\0',                                               \
		  "restart",   offsetof(type, resume.restart),                     \
		  NULL,	       "begin the broken one again" },                     \
		{ OPTION_BOOL, '\0',                                               \
		  "abort",     offsetof(type, resume.abort),                       \
		  NULL,	       "forget the broken one; print what did run" },      \
		{ OPTION_BOOL, '\0',                                               \
		  "ran",       offsetof(type, resume.ran),                         \
		  NULL,	       "with --continue: the unknown statement has run" }, \
	{                                                                          \
		OPTION_BOOL, '\0', "not-ran", offsetof(type, resume.not_ran),      \
			NULL,                                                      \
			"with --continue: the unknown statement has not run"       \
	}

/* 0, or EXIT_USAGE where the options contradict each other. */
int resume_read(const struct invocation *in, const struct resume_values *v,
		enum gm_resume *resume, enum gm_fate *fate);

/*
 * Judges what the journal has under way, before a plan: 0 where there is
 * nothing, or where `resume` takes it up. GM_EBUSY where a live run is at
 * it, GM_EREFUSED with the ways to go on where it broke, or where it isn't
 * this command's to take up.
 */
int resume_judge(struct session *s, bool reverting, enum gm_resume resume);

/* For --abort: prints the statements that did run. */
int resume_print_what_ran(struct session *s);

#endif
