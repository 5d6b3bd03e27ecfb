/*
 * Settings: the syntax of .gitmigrate is git's own, and nothing that came
 * with a clone is taken for the user's word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"
#include "git/config.h"
#include "git/repo.h"

static char dir[] = "/tmp/gm-config-XXXXXX";

static void write_project(const char *text, size_t len)
{
	FILE *file = fopen(".gitmigrate", "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

/* KEY=VALUE lines of the project's entries. */
static char *project_entries(const struct gm_config *config)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	for (i = 0; i < config->n; i++)
		if (config->v[i].scope == GM_CONFIG_PROJECT)
			gm_strbuf_addf(&out, "%s=%s\n", config->v[i].key,
				       config->v[i].value);
	return gm_strbuf_take(&out);
}

/* The same as git reads the file. */
static char *git_entries(void)
{
	static const char *const argv[] = { "git",    "config",
					    "-z",     "--no-includes",
					    "--file", ".gitmigrate",
					    "--list", NULL };
	struct gm_process *process;
	struct gm_strbuf list = { 0 };
	struct gm_strbuf errors = { 0 };
	struct gm_strbuf out = { 0 };
	const char *at;
	int status;

	assert_int_equal(gm_process_start(&process, argv, NULL, NULL, NULL), 0);
	assert_int_equal(
		gm_process_finish(process, &list, &errors, &status, NULL), 0);
	assert_int_equal(status, 0);
	for (at = gm_strbuf_str(&list); at < list.buf + list.len;
	     at += strlen(at) + 1) {
		size_t len = strcspn(at, "\n");

		gm_strbuf_addf(&out, "%.*s=%s\n", (int)len, at,
			       at[len] ? at + len + 1 : "true");
	}
	gm_strbuf_release(&list);
	gm_strbuf_release(&errors);
	return gm_strbuf_take(&out);
}

static void the_file_means_what_git_says_it_means(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"[migrate]\n\tdir = migrations\n",
		"[migrate]\r\n\tdir = migrations\r\n\turl = a\\\r\nb\r\n",
		"\xef\xbb\xbf[migrate]\ndir=x",
		"[Migrate]\nAutoSeal\nDIR = Up\n",
		"[migrate-target \"Prod \\\"x\\\" \\\\ \\y.z\"]\nurl=env:A\n",
		"[migrate-app.Sub]\ndir = a\n",
		"[a]b = 1 # comment\nc = 2;comment\n; d = 3\n#e = 4\n",
		"[a] b = \"  quoted # ; \" tail \n",
		"[a] b = one \\\n   two\n",
		"[a] b = x\\ty\\nz\\\\ \\\"q\\\"\n",
		"[a] b = \"x\"\"y\" \"z\"\n",
		"[a] b =\n c = \n d = \"\"\n",
		"[a] b = trailing \t \n",
		"[a] b = = =\n",
		"[a][c]\n d = 1\n[e \"\"] f = 2\n",
		"[a] b = 1\n b = 2\n b-c9 = 3",
		"[a] b = x\\",
		"[a] b = x \\\n# not a comment? \n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(texts); i++) {
		struct gm_config config;
		struct gm_error err = { 0 };
		char *ours;
		char *gits;

		write_project(texts[i], strlen(texts[i]));
		assert_int_equal(gm_config_load(&config, NULL, dir, &err), 0);
		ours = project_entries(&config);
		gits = git_entries();
		assert_string_equal(ours, gits);
		free(ours);
		free(gits);
		gm_config_release(&config);
	}
}

static void an_error_names_the_file_and_the_line(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "a = 1\n",
		  ".gitmigrate:1: a variable before the first section" },
		{ "[a]\n\nb : 1\n",
		  ".gitmigrate:3: no '=' after the variable's name" },
		{ "[a\n", ".gitmigrate:1: the section's bracket does not "
			  "close" },
		{ "[a \"b\n",
		  ".gitmigrate:1: the subsection's quotes do not end" },
		{ "[a b]\n", ".gitmigrate:1: the subsection is not in double "
			     "quotes" },
		{ "[]\n", ".gitmigrate:1: the section has no name" },
		{ "[a]\nb = \"c\nd = 1\n",
		  ".gitmigrate:2: the value's quotes do not end" },
		{ "[a]\nb = \\x\n", ".gitmigrate:2: unknown escape after "
				    "'\\'" },
		{ "[a]\n= 1\n",
		  ".gitmigrate:2: neither a section nor a variable" },
		{ "[migrate]\n[INCLUDE]\npath = /etc/passwd\n",
		  ".gitmigrate:2: other files cannot be included here" },
		{ "[includeIf \"gitdir:/\"]\npath = x\n",
		  ".gitmigrate:1: other files cannot be included here" },
		{ "[include.x]\npath = x\n",
		  ".gitmigrate:1: other files cannot be included here" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_config config;
		struct gm_error err = { 0 };

		write_project(cases[i].text, strlen(cases[i].text));
		assert_int_equal(gm_config_load(&config, NULL, dir, &err),
				 GM_EINVALID);
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(config.n, 0);
		gm_error_release(&err);
	}
}

static void a_nul_byte_is_refused(void **state)
{
	struct gm_config config;
	struct gm_error err = { 0 };

	(void)state;
	write_project("[a]\nb = c\0d\n", 12);
	assert_int_equal(gm_config_load(&config, NULL, dir, &err), GM_EINVALID);
	assert_string_equal(err.message, ".gitmigrate:2: a NUL byte");
	gm_error_release(&err);
}

static void only_a_regular_file_is_read(void **state)
{
	struct gm_config config;
	struct gm_error err = { 0 };

	(void)state;
	unlink(".gitmigrate");
	assert_int_equal(symlink("elsewhere", ".gitmigrate"), 0);
	assert_int_equal(gm_config_load(&config, NULL, dir, &err), GM_EINVALID);
	assert_non_null(strstr(err.message, "symbolic link"));
	unlink(".gitmigrate");
	assert_int_equal(mkfifo(".gitmigrate", 0600), 0);
	assert_int_equal(gm_config_load(&config, NULL, dir, &err), GM_EINVALID);
	assert_non_null(strstr(err.message, "not a regular file"));
	unlink(".gitmigrate");
	assert_int_equal(mkdir(".gitmigrate", 0700), 0);
	assert_int_equal(gm_config_load(&config, NULL, dir, &err), GM_EINVALID);
	assert_non_null(strstr(err.message, "not a regular file"));
	rmdir(".gitmigrate");
	gm_error_release(&err);
}

static void without_a_file_there_are_only_the_users_settings(void **state)
{
	struct gm_config config;

	(void)state;
	unlink(".gitmigrate");
	assert_int_equal(gm_config_load(&config, NULL, dir, NULL), 0);
	assert_null(gm_config_find(&config, "migrate.dir"));
	assert_string_equal(gm_config_get(&config, "user.name", "?"), "Ann");
	gm_config_release(&config);
}

static void the_users_settings_win(void **state)
{
	static const char text[] = "[migrate]\ndir = theirs\n"
				   "published = a\npublished = b\n"
				   "numbering = date\n";
	struct gm_config config;
	struct gm_strings all = { 0 };

	(void)state;
	write_project(text, strlen(text));
	setenv("GIT_CONFIG_COUNT", "2", 1);
	setenv("GIT_CONFIG_KEY_0", "migrate.Dir", 1);
	setenv("GIT_CONFIG_VALUE_0", "mine", 1);
	setenv("GIT_CONFIG_KEY_1", "migrate.published", 1);
	setenv("GIT_CONFIG_VALUE_1", "c\nd", 1);
	assert_int_equal(gm_config_load(&config, NULL, dir, NULL), 0);
	unsetenv("GIT_CONFIG_COUNT");
	assert_string_equal(gm_config_get(&config, "migrate.dir", NULL),
			    "mine");
	assert_string_equal(gm_config_get(&config, "Migrate.DIR", NULL),
			    "mine");
	assert_string_equal(gm_config_get(&config, "migrate.numbering", NULL),
			    "date");
	assert_null(gm_config_find_user(&config, "migrate.numbering"));
	assert_non_null(gm_config_find_user(&config, "migrate.dir"));
	gm_config_all(&config, "migrate.published", &all);
	assert_int_equal(all.n, 1);
	assert_string_equal(all.v[0], "c\nd");
	gm_strings_release(&all);
	gm_config_release(&config);
}

static void several_values_come_in_the_order_of_the_file(void **state)
{
	static const char text[] = "[migrate]\npublished = b\n"
				   "published = a\n";
	struct gm_config config;
	struct gm_strings all = { 0 };

	(void)state;
	assert_int_equal(gm_config_load_text(&config, NULL, text, strlen(text),
					     "x", NULL),
			 0);
	gm_config_all(&config, "migrate.published", &all);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.v[0], "b");
	assert_string_equal(all.v[1], "a");
	gm_strings_release(&all);
	gm_config_release(&config);
}

static void booleans_are_gits_words(void **state)
{
	static const struct {
		const char *line;
		int rc;
		bool value;
	} cases[] = {
		{ "v", 0, true },
		{ "v = yes", 0, true },
		{ "v = ON", 0, true },
		{ "v = True", 0, true },
		{ "v = 1", 0, true },
		{ "v = no", 0, false },
		{ "v = off", 0, false },
		{ "v = FALSE", 0, false },
		{ "v = 0", 0, false },
		{ "v =", 0, false },
		{ "v = maybe", GM_EINVALID, true },
		{ "other = 0", 0, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		char *text = gm_format("[a]\n%s\n", cases[i].line);
		struct gm_config config;
		struct gm_error err = { 0 };
		bool value;

		assert_int_equal(gm_config_load_text(&config, NULL, text,
						     strlen(text), "x", NULL),
				 0);
		assert_int_equal(gm_config_bool(&config, "a.v", true, &value,
						&err),
				 cases[i].rc);
		assert_int_equal(value, cases[i].value);
		if (cases[i].rc)
			assert_string_equal(err.message,
					    "'maybe' is not a value of 'a.v'"
					    ": it is yes or no");
		gm_error_release(&err);
		gm_config_release(&config);
		free(text);
	}
}

static void subsections_keep_their_case_and_their_order(void **state)
{
	static const char text[] =
		"[t \"B.c\"]\nx = 1\n[t]\nx = 1\n[t \"A\"]\nx = 1\ny = 2\n"
		"[T \"B.c\"]\nz = 1\n[tt \"no\"]\nx = 1\n[t \"\"]\nx = 1\n";
	struct gm_config config;
	struct gm_strings names = { 0 };

	(void)state;
	assert_int_equal(gm_config_load_text(&config, NULL, text, strlen(text),
					     "x", NULL),
			 0);
	gm_config_subsections(&config, "t", &names);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.v[0], "B.c");
	assert_string_equal(names.v[1], "A");
	assert_string_equal(names.v[2], "");
	assert_non_null(gm_config_find(&config, "T.B.c.X"));
	assert_null(gm_config_find(&config, "t.b.c.x"));
	gm_strings_release(&names);
	gm_config_release(&config);
}

/* An empty directory, outside any repository, with a user of its own. */
static int enter(void **state)
{
	FILE *file;

	(void)state;
	if (!mkdtemp(dir) || chdir(dir))
		return -1;
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CEILING_DIRECTORIES", dir, 1);
	setenv("HOME", dir, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("GIT_DIR");
	file = fopen(".gitconfig", "w");
	if (!file)
		return -1;
	fputs("[user]\nname = Ann\nemail = ann@example.com\n", file);
	return fclose(file);
}

static int leave(void **state)
{
	(void)state;
	unlink(".gitmigrate");
	unlink(".gitconfig");
	return chdir("/") || rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_means_what_git_says_it_means),
		cmocka_unit_test(an_error_names_the_file_and_the_line),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(only_a_regular_file_is_read),
		cmocka_unit_test(
			without_a_file_there_are_only_the_users_settings),
		cmocka_unit_test(the_users_settings_win),
		cmocka_unit_test(several_values_come_in_the_order_of_the_file),
		cmocka_unit_test(booleans_are_gits_words),
		cmocka_unit_test(subsections_keep_their_case_and_their_order),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
