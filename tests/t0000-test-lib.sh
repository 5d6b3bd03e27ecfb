#!/bin/sh
test_description='the test library sees what it is there to see'
. "${0%/*}/test-lib.sh"

# sub NAME [OPTION…]: runs the script body on standard input with a library
# of its own; its output is in NAME.out and NAME.err.
sub() {
	name=$1
	shift
	{
		echo "test_description=$name"
		# The sub-script expands it.
		# shellcheck disable=SC2016
		echo '. "$GM_TEST_DIR/test-lib.sh"'
		cat
	} >"$name.sh" &&
	GM_TRASH_ROOT="$TRASH/$name" sh "$name.sh" "$@" \
		>"$name.out" 2>"$name.err"
}

test_expect_success 'what passes is counted and leaves nothing behind' '
	sub passing <<-\END &&
	test_expect_success "one" "true"
	test_expect_success "two" - <<-\BODY
	echo two >file &&
	test_path_exists file
	BODY
	test_done
	END
	cat >expect <<-\END &&
	ok 1 - one
	ok 2 - two
	1..2
	END
	test_cmp expect passing.out &&
	test_must_be_empty passing.err &&
	ls -A "$TRASH/passing" >left &&
	test_must_be_empty left
'

test_expect_success 'a failing body is a failing test, and the rest is run' '
	test_expect_code 1 sub failing <<-\END &&
	test_expect_success "bad" "echo because && false && true"
	test_expect_success "good" "true"
	test_done
	END
	cat >expect <<-\END &&
	not ok 1 - bad
	ok 2 - good
	1..2
	END
	test_cmp expect failing.out &&
	test_grep "because" failing.err &&
	test_grep "kept: " failing.err &&
	ls "$TRASH/failing" >left &&
	test_line_count = 1 left
'

test_expect_success 'a broken && chain is a failing test' '
	test_expect_code 1 sub chain <<-\END &&
	test_expect_success "broken" "
		false
		true
	"
	test_done
	END
	test_grep "^not ok 1 - broken" chain.out &&
	test_grep "broken && chain" chain.err
'

test_expect_success 'a script that ends early has no plan and fails' '
	test_expect_code 1 sub early <<-\END &&
	test_expect_success "good" "true"
	exit 0
	END
	test_expect_code 3 sub exits <<-\END &&
	test_expect_success "exits" "exit 3"
	test_done
	END
	test_grep "^ok 1" early.out &&
	test_grep ! "^1\.\." early.out &&
	test_grep ! "^1\.\." exits.out
'

test_expect_success '-i stops at the first failure' '
	test_expect_code 1 sub immediate -i <<-\END &&
	test_expect_success "bad" "false"
	test_expect_success "never" "true"
	test_done
	END
	test_grep ! never immediate.out
'

test_expect_success '-v shows the output of what passes' '
	sub verbose -v <<-\END &&
	test_expect_success "good" "echo hello"
	test_done
	END
	test_grep "^hello$" verbose.err
'

test_expect_success 'test_when_finished runs after success and failure' '
	test_expect_code 1 sub finished <<-\END &&
	test_expect_success "good" "
		test_when_finished \"echo 1 >>../../order\" &&
		test_when_finished \"echo 2 >>../../order\"
	"
	test_expect_success "bad" "
		test_when_finished \"echo 3 >>../../order\" &&
		false
	"
	test_expect_success "none left" "true"
	test_expect_success "bad cleanup" "
		test_when_finished \"echo 4 >>../../order\" &&
		test_when_finished false
	"
	test_done
	END
	cat >expect <<-\END &&
	ok 1 - good
	not ok 2 - bad
	ok 3 - none left
	not ok 4 - bad cleanup
	1..4
	END
	test_cmp expect finished.out &&
	printf "%s\n" 2 1 3 >expect &&
	test_cmp expect "$TRASH/finished/order"
'

test_expect_success 'test_must_fail wants a failure of its own will' '
	cat >dies <<-\END &&
	#!/bin/sh
	kill -$1 $$
	END
	chmod +x dies &&
	test_must_fail false &&
	test_must_fail sh -c "exit 128" &&
	test_must_fail sh -c "exit 129" &&
	! test_must_fail true &&
	! test_must_fail ./dies ABRT &&
	! test_must_fail ./dies SEGV &&
	! test_must_fail ./dies KILL &&
	! test_must_fail ./no-such-program
'

test_expect_success 'test_expect_code wants exactly this status' '
	test_expect_code 0 true &&
	test_expect_code 3 sh -c "exit 3" &&
	! test_expect_code 1 sh -c "exit 3" &&
	! test_expect_code 1 true
'

test_expect_success 'files are compared, counted and searched' '
	printf "a\nb\n" >two &&
	printf "a\nc\n" >other &&
	: >empty &&
	test_cmp two two &&
	! test_cmp two other &&
	! test_cmp two missing &&
	test_line_count = 2 two &&
	test_line_count -gt 1 two &&
	! test_line_count = 1 two &&
	! test_line_count = 0 missing &&
	test_grep "^a" two &&
	test_grep -F a two &&
	! test_grep x two &&
	test_grep ! x two &&
	! test_grep ! a two &&
	! test_grep ! a missing &&
	! test_grep "[" two &&
	! test_grep ! "[" two &&
	test_must_be_empty empty &&
	! test_must_be_empty two &&
	! test_must_be_empty missing &&
	test_path_exists two &&
	! test_path_exists missing &&
	test_path_is_missing missing &&
	! test_path_is_missing two
'

test_expect_success 'the environment is not the caller'\''s' '
	(
		GIT_DIR=/nowhere DATABASE_URL=postgres://production/db &&
		GIT_MIGRATE_URL=sqlite:x PGHOST=production &&
		MYSQL_PWD=secret LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo &&
		export GIT_DIR DATABASE_URL GIT_MIGRATE_URL PGHOST MYSQL_PWD &&
		export LC_ALL TZ &&
		umask 077 &&
		sub environment <<-\END
		test_expect_success "clean" "
			test -z \"\${GIT_DIR-}\" &&
			test -z \"\${DATABASE_URL-}\" &&
			test -z \"\${GIT_MIGRATE_URL-}\" &&
			test -z \"\${PGHOST-}\" &&
			test -z \"\${MYSQL_PWD-}\" &&
			test \"\$LC_ALL\" = C &&
			test \"\$TZ\" = UTC &&
			test \"\$(umask)\" = 0022
		"
		test_done
		END
	)
'

test_expect_success 'the repository that the tests live in is out of sight' '
	test_must_fail git rev-parse --git-dir 2>err &&
	test_grep "not a git repository" err
'

test_expect_success 'what is missing is skipped, and with CI it fails' '
	CI= sub skips <<-\END &&
	test_require no-such-program
	test_expect_success "never" "false"
	test_done
	END
	echo "1..0 # SKIP no-such-program is not installed" >expect &&
	test_cmp expect skips.out &&
	(
		CI=true &&
		export CI &&
		test_expect_code 1 sub in_ci <<-\END
		test_require no-such-program
		test_done
		END
	) &&
	test_grep "^not ok 1 - no-such-program" in_ci.out
'

test_expect_success 'commits have a fixed author and a clock that moves' '
	git init -q repo &&
	(
		cd repo &&
		echo 1 >file &&
		test_commit_all one &&
		echo 2 >file &&
		test_commit_all two &&
		git log --reverse --format="%an <%ae> %at %s" >../actual
	) &&
	cat >expect <<-\END &&
	A U Thor <author@example.com> 1763629320 one
	A U Thor <author@example.com> 1763629380 two
	END
	test_cmp expect actual
'

test_expect_success 'make_migration writes a migration' '
	make_migration 1_a "CREATE TABLE a (id);" "DROP TABLE a;" &&
	make_migration 2_b "CREATE TABLE b (id);" "" 1_a none &&
	cat >expect <<-\END &&
	-- migrate:up
	CREATE TABLE a (id);

	-- migrate:down
	DROP TABLE a;
	END
	test_cmp expect migrations/1_a.sql &&
	cat >expect <<-\END &&
	-- migrate:parent 1_a
	-- migrate:parent none

	-- migrate:up
	CREATE TABLE b (id);
	END
	test_cmp expect migrations/2_b.sql
'

test_expect_success 'sq asks SQLite' '
	sq app.db "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)" &&
	echo "1|2" >expect &&
	sq app.db "SELECT * FROM t" >actual &&
	test_cmp expect actual &&
	test_must_fail sq app.db "SELECT * FROM missing"
'

test_expect_success 'the runner counts, and takes a crash for a failure' '
	mkdir runner &&
	cat >runner/good.sh <<-\END &&
	echo ok 1; echo ok 2; echo 1..2
	END
	cat >runner/bad.sh <<-\END &&
	echo ok 1; echo not ok 2; echo 1..2; exit 1
	END
	cat >runner/crash.sh <<-\END &&
	echo ok 1; kill -SEGV $$
	END
	cat >runner/silent.sh <<-\END &&
	exit 0
	END
	cat >runner/skip.sh <<-\END &&
	echo "1..0 # SKIP nothing here"
	END
	cat >runner/status.sh <<-\END &&
	echo ok 1; echo 1..1; exit 3
	END
	(
		unset GM_TEST_RESULTS &&
		"$GM_TEST_DIR/run" runner/good.sh runner/skip.sh >good &&
		test_expect_code 1 "$GM_TEST_DIR/run" runner/*.sh >all 2>&1
	) &&
	tail -n 1 good >actual &&
	echo "2 passed, 0 failed" >expect &&
	test_cmp expect actual &&
	tail -n 1 all >actual &&
	echo "5 passed, 4 failed" >expect &&
	test_cmp expect actual
'

test_done
