/*
 * lib/sql/lexer: which bytes are one token, in each dialect.
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
#include "sql/dialect.h"
#include "sql/lexer.h"

/* Tokens are written as TYPE:TEXT with a blank between them. */
struct lexer_case {
	const struct gm_dialect *dialect;
	const char *text;
	const char *tokens;
};

#define LITE &gm_dialect_sqlite
#define POST &gm_dialect_postgres
#define MY &gm_dialect_mysql

static const char *const types[] = {
	[GM_TOKEN_SPACE] = "",
	[GM_TOKEN_COMMENT] = "comment",
	[GM_TOKEN_LIVE_COMMENT] = "live",
	[GM_TOKEN_WORD] = "w",
	[GM_TOKEN_QUOTED] = "q",
	[GM_TOKEN_STRING] = "s",
	[GM_TOKEN_NUMBER] = "n",
	[GM_TOKEN_PARAMETER] = "p",
	[GM_TOKEN_OPERATOR] = "o",
	[GM_TOKEN_SEMICOLON] = "end",
	[GM_TOKEN_UNTERMINATED] = "open",
};

static void check(const struct lexer_case *c, struct gm_lexer_modes modes)
{
	size_t len = strlen(c->text);
	char *copy = gm_alloc(len ? len : 1);
	struct gm_strbuf out = { 0 };
	struct gm_token token;
	struct gm_lexer lexer;
	size_t pos = 0;

	/* Without a NUL, so that a byte too far is noticed. */
	memcpy(copy, c->text, len);
	gm_lexer_init(&lexer, c->dialect, copy, len);
	lexer.modes = modes;
	for (;;) {
		gm_lexer_next(&lexer, &token);
		assert_int_equal(token.start, pos);
		pos += token.len;
		if (token.type == GM_TOKEN_END)
			break;
		if (token.type == GM_TOKEN_SPACE)
			continue;
		gm_strbuf_addf(&out, "%s%s:%.*s", out.len ? " " : "",
			       types[token.type], (int)token.len,
			       copy + token.start);
	}
	assert_int_equal(pos, len);
	assert_string_equal(gm_strbuf_str(&out), c->tokens);
	gm_strbuf_release(&out);
	free(copy);
}

static void check_all(const struct lexer_case *cases, size_t n)
{
	static const struct gm_lexer_modes defaults = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		check(&cases[i], defaults);
}

static void strings_end_where_the_dialect_says(void **state)
{
	static const struct lexer_case cases[] = {
		{ LITE, "'it''s' 'a\\'b", "s:'it''s' s:'a\\' w:b" },
		{ POST, "'it''s' 'a\\'b", "s:'it''s' s:'a\\' w:b" },
		{ MY, "'it''s' 'a\\'b'", "s:'it''s' s:'a\\'b'" },
		{ MY, "\"a\\\"b\"\"c\" x", "s:\"a\\\"b\"\"c\" w:x" },
		{ MY, "'\\\\' x", "s:'\\\\' w:x" },
		{ LITE, "x'00' X'ff' e'a'", "s:x'00' s:X'ff' w:e s:'a'" },
		{ POST, "E'a\\'b' e'\\\\'", "s:E'a\\'b' s:e'\\\\'" },
		{ POST, "B'01' x'f\\' N'a\\'", "s:B'01' s:x'f\\' s:N'a\\'" },
		{ POST, "U&'\\0061' U&\"a\"\"b\"",
		  "s:U&'\\0061' q:U&\"a\"\"b\"" },
		{ POST, "U & 'a'", "w:U o:& s:'a'" },
		{ MY, "N'a\\'b' x'4d' b'01'", "s:N'a\\'b' s:x'4d' s:b'01'" },
		{ MY, "_utf8mb4'a' n\"a\"", "w:_utf8mb4 s:'a' w:n s:\"a\"" },
		{ LITE, "'abc", "open:'abc" },
		{ MY, "'abc\\", "open:'abc\\" },
		{ MY, "'abc\\'", "open:'abc\\'" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void a_postgres_string_goes_on_behind_a_newline(void **state)
{
	static const struct lexer_case cases[] = {
		{ POST, "'a'\n'b'", "s:'a'\n'b'" },
		{ POST, "'a' -- c\n\t'b' x", "s:'a' -- c\n\t'b' w:x" },
		{ POST, "E'a'\n'\\''", "s:E'a'\n'\\''" },
		{ POST, "'a' 'b'", "s:'a' s:'b'" },
		{ POST, "'a' /*\n*/ 'b'", "s:'a' comment:/*\n*/ s:'b'" },
		{ LITE, "'a'\n'b'", "s:'a' s:'b'" },
		{ MY, "'a'\n'b'", "s:'a' s:'b'" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void dollars_quote_name_and_number(void **state)
{
	static const struct lexer_case cases[] = {
		{ POST, "$$a;$b$c$$", "s:$$a;$b$c$$" },
		{ POST, "$a$ $$ $aa$ $a$x", "s:$a$ $$ $aa$ $a$ w:x" },
		{ POST, "$a$ $A$", "open:$a$ $A$" },
		{ POST, "a$b$c $1 $", "w:a$b$c p:$1 o:$" },
		{ POST, "$1a$ $", "p:$1 w:a$ o:$" },
		{ LITE, "$a::b(c;d)", "p:$a::b(c;d)" },
		{ LITE, "$a(b c)", "o:$a(b w:c o:)" },
		{ MY, "$a a$b", "w:$a w:a$b" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void names_are_quoted_in_each_dialects_way(void **state)
{
	static const struct lexer_case cases[] = {
		{ LITE, "\"a\"\"b\" [a\"b] `a``b`",
		  "q:\"a\"\"b\" q:[a\"b] q:`a``b`" },
		{ POST, "\"a\\\" a[1]", "q:\"a\\\" w:a o:[ n:1 o:]" },
		{ MY, "`a\\` `b``c`", "q:`a\\` q:`b``c`" },
		{ MY, "a[1]", "w:a o:[ n:1 o:]" },
		{ LITE, "[a", "open:[a" },
		{ LITE, "na\xc3\xafve _a1$", "w:na\xc3\xafve w:_a1$" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void comments_run_nest_and_end(void **state)
{
	static const struct lexer_case cases[] = {
		{ LITE, "/* /* */ x", "comment:/* /* */ w:x" },
		{ POST, "/* /* */ */ x", "comment:/* /* */ */ w:x" },
		{ POST, "/* /* */", "open:/* /* */" },
		{ LITE, "a--b\nc", "w:a comment:--b w:c" },
		{ POST, "a--b\rc", "w:a comment:--b w:c" },
		{ MY, "--1 -- x\n#y\n2",
		  "o:- o:- n:1 comment:-- x comment:#y "
		  "n:2" },
		{ MY, "--\t1\n--", "comment:--\t1 comment:--" },
		{ MY, "/*!50001 SELECT */ 1",
		  "live:/*!50001 w:SELECT live:*/ "
		  "n:1" },
		{ MY, "/*M!100100 a*/ */",
		  "live:/*M!100100 w:a live:*/ o:* "
		  "o:/" },
		{ MY, "/*! '*/' */", "live:/*! s:'*/' live:*/" },
		{ MY, "/*!999999\\- it's */ 1",
		  "comment:/*!999999\\- it's */ n:1" },
		{ MY, "/*+ MAX_EXECUTION_TIME(1) */",
		  "live:/*+ MAX_EXECUTION_TIME(1) */" },
		{ POST, "/*! a */ /*+ b */",
		  "comment:/*! a */ comment:/*+ b */" },
		{ MY, "/*!80000 a", "live:/*!80000 w:a" },
		{ LITE, "/*", "open:/*" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void numbers_are_whole(void **state)
{
	static const struct lexer_case cases[] = {
		{ LITE, "1 1.5 .5 1e-5 0x1E-5 1_000",
		  "n:1 n:1.5 n:.5 n:1e-5 n:0x1E o:- n:5 n:1_000" },
		{ POST, "1..2 1.e+5", "n:1 o:.. n:2 n:1.e+5" },
		{ MY, "1st 1-1", "n:1st n:1 o:- n:1" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void parameters_and_variables_keep_their_sign(void **state)
{
	static const struct lexer_case cases[] = {
		{ LITE, "? ?12 :a @a #a :", "p:? p:?12 p::a p:@a p:#a o::" },
		{ POST, "a ? b :a @ b", "w:a o:? w:b o:: w:a o:@ w:b" },
		{ MY, "@@session.c", "p:@@session o:. w:c" },
		{ MY, "? @a.b @@c @'a\\'b' @`c` @\"d\"",
		  "p:? p:@a.b p:@@c p:@'a\\'b' p:@`c` p:@\"d\"" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void operators_are_as_long_as_the_dialect_has_them(void **state)
{
	static const struct lexer_case cases[] = {
		{ LITE, "a->>b", "w:a o:->> w:b" },
		{ LITE, "b||c=-1", "w:b o:|| w:c o:= o:- n:1" },
		{ MY, "a<=>b:=\\N", "w:a o:<=> w:b o::= o:\\N" },
		{ POST, "a::b @>-c @- *- 1",
		  "w:a o::: w:b o:@>- w:c o:@- "
		  "o:* o:- n:1" },
		{ POST, "1*--x\n+2 3+/*y*/4",
		  "n:1 o:* comment:--x o:+ n:2 "
		  "n:3 o:+ comment:/*y*/ n:4" },
	};

	(void)state;
	check_all(cases, GM_ARRAY_SIZE(cases));
}

static void a_sessions_settings_change_how_quotes_end(void **state)
{
	static const struct lexer_case backslash = {
		POST, "'a\\'b' N'\\'' x'\\' E'\\''",
		"s:'a\\'b' s:N'\\'' s:x'\\' s:E'\\''"
	};
	static const struct lexer_case none = { MY, "'a\\' \"b\\\" @'c\\'",
						"s:'a\\' s:\"b\\\" p:@'c\\'" };
	static const struct lexer_case ansi = { MY, "\"a\\\" '\\''",
						"q:\"a\\\" s:'\\''" };

	(void)state;
	check(&backslash, (struct gm_lexer_modes){ .backslash_strings = true });
	check(&none, (struct gm_lexer_modes){ .no_backslash_escapes = true });
	check(&ansi, (struct gm_lexer_modes){ .ansi_quotes = true });
}

static void a_text_may_be_empty_or_hold_any_byte(void **state)
{
	struct gm_lexer lexer;
	struct gm_token token;

	(void)state;
	gm_lexer_init(&lexer, LITE, NULL, 0);
	gm_lexer_next(&lexer, &token);
	assert_int_equal(token.type, GM_TOKEN_END);
	gm_lexer_next(&lexer, &token);
	assert_int_equal(token.type, GM_TOKEN_END);
	gm_lexer_init(&lexer, MY, "\0a", 2);
	gm_lexer_next(&lexer, &token);
	assert_int_equal(token.type, GM_TOKEN_OPERATOR);
	gm_lexer_next(&lexer, &token);
	assert_true(gm_token_is(&lexer, &token, "A"));
	assert_false(gm_token_is(&lexer, &token, "AB"));
	assert_false(gm_token_is(&lexer, &token, ""));
}

static void a_quoted_text_is_read_as_one_string(void **state)
{
	static const struct {
		const struct gm_dialect *dialect;
		const char *text;
		const char *quoted;
	} cases[] = {
		{ LITE, "it's", "'it''s'" },
		{ LITE, "a\\", "'a\\'" },
		{ POST, "it's", "'it''s'" },
		{ POST, "a\\'", "E'a\\\\'''" },
		{ MY, "a\\'", "'a\\\\'''" },
		{ MY, "", "''" },
	};
	struct gm_strbuf sb = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_lexer lexer;
		struct gm_token token;

		gm_strbuf_cut(&sb, 0);
		gm_dialect_quote(cases[i].dialect, cases[i].text,
				 strlen(cases[i].text), &sb);
		assert_string_equal(sb.buf, cases[i].quoted);
		gm_lexer_init(&lexer, cases[i].dialect, sb.buf, sb.len);
		gm_lexer_next(&lexer, &token);
		assert_int_equal(token.type, GM_TOKEN_STRING);
		assert_int_equal(token.len, sb.len);
	}
	gm_strbuf_release(&sb);
}

static void a_dialect_is_found_by_its_name(void **state)
{
	(void)state;
	assert_ptr_equal(gm_dialect_find("sqlite", 6), LITE);
	assert_ptr_equal(gm_dialect_find("postgres!", 8), POST);
	assert_ptr_equal(gm_dialect_find("mysql", 5), MY);
	assert_null(gm_dialect_find("mysqlx", 6));
	assert_null(gm_dialect_find("", 0));
	assert_string_equal(gm_dialect_name(POST), "postgres");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_end_where_the_dialect_says),
		cmocka_unit_test(a_postgres_string_goes_on_behind_a_newline),
		cmocka_unit_test(dollars_quote_name_and_number),
		cmocka_unit_test(names_are_quoted_in_each_dialects_way),
		cmocka_unit_test(comments_run_nest_and_end),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(parameters_and_variables_keep_their_sign),
		cmocka_unit_test(operators_are_as_long_as_the_dialect_has_them),
		cmocka_unit_test(a_sessions_settings_change_how_quotes_end),
		cmocka_unit_test(a_text_may_be_empty_or_hold_any_byte),
		cmocka_unit_test(a_quoted_text_is_read_as_one_string),
		cmocka_unit_test(a_dialect_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
