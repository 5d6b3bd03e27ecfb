/*
 * lib/db/url: what a URL says, what of it may be shown, and whether it
 * leads to this machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "db/url.h"

struct parts_case {
	const char *text;
	/* SCHEME USER PASSWORD HOST PORT PATH QUERY; '-' where absent. */
	const char *parts;
};

static const char *shown(const char *part)
{
	return part ? part : "-";
}

static void a_url_is_taken_apart(void **state)
{
	static const struct parts_case cases[] = {
		{ "sqlite:app.db", "sqlite - - - - app.db -" },
		{ "sqlite:./app.db", "sqlite - - - - ./app.db -" },
		{ "sqlite:/a/app.db", "sqlite - - - - /a/app.db -" },
		{ "sqlite:///a/app.db", "sqlite - - - - /a/app.db -" },
		{ "sqlite://app.db", "sqlite - - - - app.db -" },
		{ "SQLite:a%20b%3f.db?mode=ro",
		  "sqlite - - - - a b?.db mode=ro" },
		{ "sqlite:a@b#c.db", "sqlite - - - - a@b#c.db -" },
		{ "sqlite:", "sqlite - - - -  -" },
		{ "postgres://", "postgres - - - - - -" },
		{ "postgres:///db", "postgres - - - - db -" },
		{ "postgresql://h/db", "postgresql - - h - db -" },
		{ "postgres://u@h:1/db", "postgres u - h 1 db -" },
		{ "mysql://u:p@h/db", "mysql u p h - db -" },
		{ "mysql://u:@h", "mysql u  h - - -" },
		{ "mysql://u:a:b@h/db", "mysql u a:b h - db -" },
		{ "mysql://u:a@b@h/db", "mysql u a@b h - db -" },
		{ "mysql://u%40x:%2F%3a@h/d%62", "mysql u@x /: h - db -" },
		{ "postgres://[::1]:5/db", "postgres - - ::1 5 db -" },
		{ "postgres://[fe80::1]", "postgres - - fe80::1 - - -" },
		{ "postgres://a:1,b:2/db", "postgres - - a,b 1,2 db -" },
		{ "postgres://a,[::1]:2/db", "postgres - - a,::1 ,2 db -" },
		{ "postgres://%2Frun/db", "postgres - - /run - db -" },
		{ "postgres:///db?a=b%20c&d=",
		  "postgres - - - - db a=b%20c&d=" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_url url;
		char *parts;

		assert_int_equal(gm_url_parse(&url, cases[i].text, NULL), 0);
		parts = gm_format("%s %s %s %s %s %s %s", url.scheme,
				  shown(url.user), shown(url.password),
				  shown(url.host), shown(url.port),
				  shown(url.path), shown(url.query));
		assert_string_equal(parts, cases[i].parts);
		assert_string_equal(url.text, cases[i].text);
		free(parts);
		gm_url_release(&url);
	}
}

struct bad_case {
	const char *text;
	const char *message;
};

static void what_is_no_url_or_two_is_refused_without_being_quoted(void **state)
{
	static const struct bad_case cases[] = {
		{ "", "no database URL" },
		{ "secret", "no database URL" },
		{ "secret/app.db", "no database URL" },
		{ ":secret", "no database URL" },
		{ "1a:secret", "no database URL" },
		{ "mysql:secret", "no database URL" },
		{ "postgres:/secret", "no database URL" },
		{ "sqlite:secret%", "two hexadecimal digits" },
		{ "sqlite:secret%4", "two hexadecimal digits" },
		{ "sqlite:secret%zz", "two hexadecimal digits" },
		{ "mysql://u:secret%g0@h/db", "two hexadecimal digits" },
		{ "mysql://h/db?a=secret%", "two hexadecimal digits" },
		{ "sqlite:secret%00.db", "control character" },
		{ "mysql://u:secret%0a@h/db", "control character" },
		{ "mysql://u:secret\n@h/db", "control character" },
		{ "mysql://h/db?a=secret%7F", "control character" },
		{ "mysql://h%0d/secret", "control character" },
		{ "mysql://u:12/secret@h/db", "in two ways" },
		{ "mysql://u:secret/x@h/db", "in two ways" },
		{ "mysql://u:1?secret@h/db", "in two ways" },
		{ "mysql://u:p#secret/db", "in two ways" },
		{ "mysql://h:secret/db", "in two ways" },
		{ "mysql://[::1]secret/db", "in two ways" },
		{ "mysql://[::1", "in two ways" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_error err = { 0 };
		struct gm_url url;

		if (gm_url_parse(&url, cases[i].text, &err) != GM_EINVALID)
			fail_msg("taken: %s", cases[i].text);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_null(strstr(err.message, "secret"));
		assert_true(!err.hint || !strstr(err.hint, "secret"));
		gm_error_release(&err);
		gm_url_release(&url);
	}
}

static void a_password_is_not_shown(void **state)
{
	static const char *const cases[][2] = {
		{ "sqlite:app.db?mode=ro", "sqlite:app.db?mode=ro" },
		{ "sqlite:///app.db", "sqlite:///app.db" },
		{ "postgres://h", "postgres://h" },
		{ "postgres://u@h:1/db?a=b", "postgres://u@h:1/db?a=b" },
		{ "postgres://u:secret@h/db", "postgres://u@h/db" },
		{ "mysql://u:@h", "mysql://u@h" },
		{ "mysql://u:sec@ret@h,i/db", "mysql://u@h,i/db" },
		{ "mysql://:secret@[::1]:2/db", "mysql://@[::1]:2/db" },
		{ "postgres:///db?password=secret", "postgres:///db" },
		{ "postgres:///db?a=1&sslpassword=secret&b=2",
		  "postgres:///db?a=1&b=2" },
		{ "postgres:///db?p%61ssword=secret&b=2",
		  "postgres:///db?b=2" },
		{ "postgres:///db?PASSWORD=secret", "postgres:///db" },
		{ "mysql://h/db?pwd=secret&b=2", "mysql://h/db?b=2" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_url url;
		char *text;

		assert_int_equal(gm_url_parse(&url, cases[i][0], NULL), 0);
		text = gm_url_redacted(&url);
		assert_string_equal(text, cases[i][1]);
		free(text);
		gm_url_release(&url);
	}
}

struct local_case {
	const char *text;
	bool local;
};

static void every_host_counts_for_where_a_url_leads(void **state)
{
	static const struct local_case cases[] = {
		{ "sqlite:app.db", true },
		{ "postgres:///db", true },
		{ "postgres://localhost/db", true },
		{ "postgres://LocalHost/db", true },
		{ "postgres://127.0.0.1/db", true },
		{ "postgres://127.1.2.3/db", true },
		{ "postgres://[::1]/db", true },
		{ "postgres://%2Frun%2Fpostgresql/db", true },
		{ "postgres:///db?host=/run/postgresql", true },
		{ "postgres:///db?hostaddr=127.0.0.1", true },
		{ "postgres://localhost,[::1]:2/db", true },
		{ "postgres://example.org/db", false },
		{ "postgres://10.0.0.1/db", false },
		{ "postgres://128.0.0.1/db", false },
		{ "postgres://[fe80::1]/db", false },
		{ "postgres://127.0.0.1.example.org/db", false },
		{ "postgres://localhost.example.org/db", false },
		{ "postgres://localhost,example.org/db", false },
		{ "postgres://localhost%2Cexample.org/db", false },
		{ "postgres:///db?host=example.org", false },
		{ "postgres:///db?h%6Fst=example.org", false },
		{ "postgres:///db?host=a.example&host=localhost", false },
		{ "postgres://localhost/db?hostaddr=10.0.0.1", false },
		{ "postgres:///db?service=production", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_url url;

		assert_int_equal(gm_url_parse(&url, cases[i].text, NULL), 0);
		if (gm_url_is_local(&url) != cases[i].local)
			fail_msg("%s", cases[i].text);
		gm_url_release(&url);
	}
}

static void a_parameter_is_decoded_and_the_last_one_counts(void **state)
{
	struct gm_url url;
	char *value;

	(void)state;
	assert_int_equal(
		gm_url_parse(&url,
			     "mysql://h/db?a=1&b=x%20+&a=2&%63=3&d=", NULL),
		0);
	value = gm_url_parameter(&url, "a");
	assert_string_equal(value, "2");
	free(value);
	value = gm_url_parameter(&url, "b");
	assert_string_equal(value, "x +");
	free(value);
	value = gm_url_parameter(&url, "c");
	assert_string_equal(value, "3");
	free(value);
	value = gm_url_parameter(&url, "d");
	assert_string_equal(value, "");
	free(value);
	assert_null(gm_url_parameter(&url, "e"));
	gm_url_release(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_taken_apart),
		cmocka_unit_test(
			what_is_no_url_or_two_is_refused_without_being_quoted),
		cmocka_unit_test(a_password_is_not_shown),
		cmocka_unit_test(every_host_counts_for_where_a_url_leads),
		cmocka_unit_test(
			a_parameter_is_decoded_and_the_last_one_counts),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
