/*
 * Other programs: all bytes go in and come out, and no child can take this
 * process down with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/process.h"

#define RUN(out, input, env, ...)                                              \
	run(out, (const char *const[]){ __VA_ARGS__, NULL }, env, input)

static int run(struct gm_strbuf *out, const char *const *argv,
	       const char *const *env, const struct gm_strbuf *input)
{
	struct gm_process *process;
	struct gm_strbuf errors = { 0 };
	struct gm_error err = { 0 };
	int status = -1;

	if (gm_process_start(&process, argv, env, input, &err) ||
	    gm_process_finish(process, out, &errors, &status, &err))
		fail_msg("%s", err.message);
	gm_strbuf_adds(out, gm_strbuf_str(&errors));
	gm_strbuf_release(&errors);
	return status;
}

static void much_goes_in_and_comes_out(void **state)
{
	struct gm_strbuf input = { 0 };
	struct gm_strbuf out = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 200000; i++)
		gm_strbuf_addf(&input, "%d%c", i, i % 7 ? '\n' : 0);
	assert_int_equal(RUN(&out, &input, NULL, "cat"), 0);
	assert_int_equal(out.len, input.len);
	assert_memory_equal(out.buf, input.buf, out.len);
	gm_strbuf_release(&input);
	gm_strbuf_release(&out);
}

static void a_child_may_ignore_its_input(void **state)
{
	struct gm_strbuf input = { 0 };
	struct gm_strbuf out = { 0 };

	(void)state;
	gm_strbuf_reserve(&input, 1 << 20);
	memset(input.buf, 'x', 1 << 20);
	gm_strbuf_cut(&input, 1 << 20);
	assert_int_equal(RUN(&out, &input, NULL, "true"), 0);
	assert_int_equal(out.len, 0);
	gm_strbuf_release(&input);
	gm_strbuf_release(&out);
}

static void without_input_there_is_nothing_to_read(void **state)
{
	struct gm_strbuf out = { 0 };

	(void)state;
	assert_int_equal(RUN(&out, NULL, NULL, "cat"), 0);
	assert_int_equal(out.len, 0);
	gm_strbuf_release(&out);
}

static void how_it_ended_is_told(void **state)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = { { "exit 0", 0 },
		      { "exit 3", 3 },
		      { "kill -TERM $$", 128 + 15 } };
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_strbuf out = { 0 };

		assert_int_equal(RUN(&out, NULL, NULL, "sh", "-c",
				     cases[i].script),
				 cases[i].status);
		gm_strbuf_release(&out);
	}
}

static void the_environment_is_ours_with_changes(void **state)
{
	static const char *const changes[] = { "GM_A=new", "GM_B", "GM_D=x=y",
					       NULL };
	struct gm_strbuf out = { 0 };

	(void)state;
	setenv("GM_A", "old", 1);
	setenv("GM_B", "gone", 1);
	setenv("GM_C", "kept", 1);
	assert_int_equal(RUN(&out, NULL, changes, "sh", "-c",
			     "echo \"$GM_A-$GM_B-$GM_C-$GM_D\" >&2"),
			 0);
	assert_string_equal(gm_strbuf_str(&out), "new--kept-x=y\n");
	assert_string_equal(getenv("GM_A"), "old");
	gm_strbuf_release(&out);
}

static void arguments_are_no_shells_affair(void **state)
{
	struct gm_strbuf out = { 0 };

	(void)state;
	assert_int_equal(RUN(&out, NULL, NULL, "printf", "%s", "$(id) *'\"\n"),
			 0);
	assert_string_equal(gm_strbuf_str(&out), "$(id) *'\"\n");
	gm_strbuf_release(&out);
}

static void a_program_that_is_not_there_is_not_found(void **state)
{
	static const char *const argv[] = { "gm-no-such-program", NULL };
	struct gm_process *process;
	struct gm_error err = { 0 };

	(void)state;
	assert_int_equal(gm_process_start(&process, argv, NULL, NULL, &err),
			 GM_ENOTFOUND);
	assert_int_equal(err.code, GM_ENOTFOUND);
	assert_null(process);
	assert_non_null(strstr(err.message, "'gm-no-such-program'"));
	gm_error_release(&err);
}

static void one_can_talk_with_a_child(void **state)
{
	struct gm_process *process;
	struct gm_strbuf out = { 0 };
	struct gm_error err = { 0 };
	int i;

	(void)state;
	assert_int_equal(
		gm_process_converse(&process,
				    (const char *const[]){ "sh", "-c",
							   "read a; echo $a 1; "
							   "read a; exec <&-; "
							   "echo $a 2",
							   NULL },
				    NULL, NULL),
		0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(gm_process_say(process, "hello\n", 6, NULL),
				 0);
		while (!out.len || out.buf[out.len - 1] != '\n')
			assert_int_equal(gm_process_hear(process, &out, NULL),
					 0);
		assert_string_equal(out.buf, i ? "hello 2\n" : "hello 1\n");
		gm_strbuf_cut(&out, 0);
	}
	assert_int_equal(gm_process_hear(process, &out, &err), GM_ERROR);
	assert_string_equal(err.message, "'sh' has ended");
	/* Nobody is there to read it, and that is no signal to us. */
	assert_int_equal(gm_process_say(process, "hello\n", 6, &err), GM_ERROR);
	assert_string_equal(err.message, "'sh' doesn't listen any more");
	gm_process_free(process);
	gm_error_release(&err);
	gm_strbuf_release(&out);
}

static void one_that_nobody_waits_for_is_ended(void **state)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	struct gm_process *process;

	(void)state;
	assert_int_equal(gm_process_start(&process, argv, NULL, NULL, NULL), 0);
	gm_process_free(process);
	gm_process_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(much_goes_in_and_comes_out),
		cmocka_unit_test(a_child_may_ignore_its_input),
		cmocka_unit_test(without_input_there_is_nothing_to_read),
		cmocka_unit_test(how_it_ended_is_told),
		cmocka_unit_test(the_environment_is_ours_with_changes),
		cmocka_unit_test(arguments_are_no_shells_affair),
		cmocka_unit_test(a_program_that_is_not_there_is_not_found),
		cmocka_unit_test(one_can_talk_with_a_child),
		cmocka_unit_test(one_that_nobody_waits_for_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
