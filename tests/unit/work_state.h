/*
 * Files and a history for tests, from one line of words each.
 */
#ifndef GM_TESTS_WORK_STATE_H
#define GM_TESTS_WORK_STATE_H

#include "work/compare.h"
#include "work/recorded.h"

struct test_state {
	/* What was recorded, by the rows' places. */
	struct gm_strings texts;
	struct gm_series series;
	struct gm_history history;
	struct gm_comparison comparison;
};

/*
 * Compares files with a history. Each word is [APP/]ID=TABLE, for a migration
 * that creates and drops the table; behind it may stand, in this order,
 *
 *	+comment +down +verify	what else its text has, or has otherwise
 *	+empty			an up without a statement
 *	+drops +writes +odd	one that drops the table, writes to it, or
 *				can't be told
 *	+adds.TABLE		a column of another table
 *	+reads.TABLE		a view of another table
 *	+fills.TABLE		a row of another table
 *	+nodown +irreversible	no way back
 *	+elsewhere		an up for another database only
 *	+outside		transaction:false
 *	<PARENT[,PARENT]	written parents, "none" for a root
 *	@APP/ID			depends on another app's
 *	:STATE			of a row; "applied" where it isn't said
 *	#BATCH			of a row; 1 where it isn't said
 *
 * Rows are in the order of their application.
 */
void test_state_init(struct test_state *state, const char *files,
		     const char *rows);
void test_state_release(struct test_state *state);

/* The rows' recorded texts. */
struct gm_recorded test_state_recorded(struct test_state *state);

#endif
