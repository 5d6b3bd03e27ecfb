/*
 * Running the statements of a migration's sections. For run.c and
 * journal.c.
 */
#ifndef GM_WORK_STATEMENTS_H
#define GM_WORK_STATEMENTS_H

#include "sql/split.h"
#include "work/run.h"

/* Runs a section's statements, one after the other. In a verify section each
 * one's first column must be true in every row. NULL has none. */
int gm_run_section(struct gm_run *run, const struct gm_step *step,
		   const struct gm_section *section, struct gm_error *err);

/* Runs a statement of the section, with its rows where it is a COPY. */
int gm_run_statement(struct gm_run *run, const struct gm_section *section,
		     const struct gm_statement *statement, gm_row_fn *row,
		     void *context, struct gm_error *err);

/* The step at hand was committed, which has returned `ret`: says so in front
 * of a refusal. */
void gm_run_locate_commit(const struct gm_run *run, int ret,
			  struct gm_error *err);

/* Tells that a statement begins, counted from 1, of how many; 0: not known. */
void gm_run_tell_statement(const struct gm_run *run, const struct gm_step *step,
			   size_t statement, size_t statements);

/* Tells a sentence about the step. */
void gm_run_note(const struct gm_run *run, const struct gm_step *step,
		 const char *text);

/* What is told before another try: why, the first time. The caller frees it. */
char *gm_run_retry_text(const struct gm_error *err, int attempt, int attempts);

/* One try at a statement that gives no rows. */
typedef int gm_attempt_fn(struct gm_run *run, const struct gm_step *step,
			  const struct gm_section *section,
			  const struct gm_statement *statement,
			  struct gm_error *err);

/* Runs a statement outside a transaction, again where it waited in vain for
 * a lock (GM_EBUSY), and tells so. */
int gm_run_patiently(struct gm_run *run, const struct gm_step *step,
		     const struct gm_section *section,
		     const struct gm_statement *statement, gm_attempt_fn *try,
		     struct gm_error *err);

/* The plainest of attempts. */
int gm_run_attempt(struct gm_run *run, const struct gm_step *step,
		   const struct gm_section *section,
		   const struct gm_statement *statement, struct gm_error *err);

/* Puts the place in the file before a statement's error: where the server
 * says it is, or else where the statement begins. `start` is the statement's
 * offset in the section. */
int gm_run_locate(const struct gm_migration *migration,
		  const struct gm_section *section, size_t start,
		  struct gm_error *err);

/* Adds the way out where a statement was refused that can't be in a
 * transaction. */
void gm_run_hint_transaction(const struct gm_statement *statement,
			     struct gm_error *err);

/* Runs the step's verify section, if there is one. */
int gm_run_verify(struct gm_run *run, const struct gm_step *step,
		  struct gm_error *err);

#endif
