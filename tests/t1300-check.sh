#!/bin/sh
test_description='check: each rule on files, its place and its level'
. "${0%/*}/test-lib.sh"

# A clean project: two sealed migrations, committed.
setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate seal -q &&
		test_commit_all two
	)
}

# finds RULE PLACE LEVEL: check says that, and its exit status fits.
finds() {
	case $3 in
	error) code=1 ;;
	*) code=0 ;;
	esac
	test_expect_code "$code" git migrate check >check.out 2>check.err &&
	test_grep -F "$2: $3: " check.out &&
	grep -F "$2: $3: " check.out >line &&
	test_grep -F "[$1]" line
}

test_expect_success 'a clean project has no findings' '
	setup clean &&
	(
		cd clean &&
		git migrate check >out 2>err &&
		echo "2 migrations, 0 errors, 0 warnings" >expect &&
		test_cmp expect out &&
		test_grep "^note: nothing is published" err &&
		git migrate check -q >out &&
		test_must_be_empty out
	)
'

test_expect_success 'quiet means the errors and nothing else' '
	setup quiet &&
	(
		cd quiet &&
		make_migration 0003_c "CREATE TABLE c (id);" "" &&
		: >migrations/0004_d.sql &&
		test_expect_code 1 git migrate check -q >out 2>err &&
		echo "migrations/0004_d.sql: error: is empty [parse-error]" \
			>expect &&
		test_cmp expect out &&
		test_must_be_empty err
	)
'

# Each of these breaks a copy of the clean project in one way.
in_copy() {
	rm -rf copy && cp -R clean copy && cd copy || return
}

test_expect_success 'parse-error has file and line' '
	(
		in_copy &&
		echo "-- migrate:dwon" >>migrations/0002_b.sql &&
		line=$(wc -l <migrations/0002_b.sql) &&
		finds parse-error "migrations/0002_b.sql:$((line))" error
	)
'

test_expect_success 'bad-file: a link, a directory' '
	(
		in_copy &&
		ln -s /etc/passwd migrations/0003_c.sql &&
		mkdir migrations/0004_d.sql &&
		finds bad-file migrations/0003_c.sql error &&
		finds bad-file migrations/0004_d.sql error
	)
'

test_expect_success 'bad-name' '
	(
		in_copy &&
		cp migrations/0001_a.sql migrations/users.sql &&
		finds bad-name migrations/users.sql error
	)
'

test_expect_success 'duplicate-id, letter case aside' '
	(
		in_copy &&
		make_table 0003_new x 0002_b &&
		make_table 0003_NEW y 0002_b &&
		finds duplicate-id migrations/0003_new.sql error
	)
'

test_expect_success 'duplicate-number where numbers are a sequence' '
	(
		in_copy &&
		make_table 0002_other other 0001_a &&
		finds duplicate-number migrations/0002_other.sql error &&
		sed -i "s/sequence/timestamp/" .gitmigrate &&
		git migrate check >out &&
		test_grep ! duplicate-number out
	)
'

test_expect_success 'duplicate-content' '
	(
		in_copy &&
		make_table 0003_c a 0002_b &&
		finds duplicate-content migrations/0003_c.sql error
	)
'

test_expect_success 'unknown-parent and unknown-dependency have a line' '
	(
		in_copy &&
		make_table 0003_c c 0009_z &&
		finds unknown-parent migrations/0003_c.sql:1 error &&
		sed -i "1s/.*/-- migrate:depends blog\/1_a/" \
			migrations/0003_c.sql &&
		finds unknown-dependency migrations/0003_c.sql:1 error
	)
'

test_expect_success 'cycle' '
	(
		in_copy &&
		make_table 0003_c c 0004_d &&
		make_table 0004_d d 0003_c &&
		test_expect_code 1 git migrate check >out &&
		test_grep "\[cycle\]" out &&
		test_grep "0003_c" out &&
		test_grep "0004_d" out
	)
'

test_expect_success 'several-heads where the policy is linear' '
	(
		in_copy &&
		make_table 0003_c c 0001_a &&
		git migrate check >out &&
		test_grep ! several-heads out &&
		test_expect_code 1 git -c migrate.heads=linear migrate check \
			>out &&
		test_grep "\[several-heads\]" out
	)
'

test_expect_success 'stale-checksum has the line of the checksum' '
	(
		in_copy &&
		sed -i "s/TABLE b (id/TABLE b (ident/" \
			migrations/0002_b.sql &&
		finds stale-checksum migrations/0002_b.sql:2 error &&
		test_grep "git migrate seal 0002_b" check.out
	)
'

test_expect_success 'stale-pin has the line of the parent' '
	(
		in_copy &&
		sed -i "s/TABLE a (id/TABLE a (ident/" \
			migrations/0001_a.sql &&
		finds stale-pin migrations/0002_b.sql:1 error
	)
'

test_expect_success 'what has an unknown parent is in nobody'\''s way' '
	(
		in_copy &&
		make_migration 0003_c "DROP TABLE a;" "" 0009_gone &&
		finds unknown-parent migrations/0003_c.sql:1 error &&
		test_grep "git migrate rebase REF" check.out &&
		test_grep ! "\[conflict\]" check.out
	)
'

test_expect_success 'unsealed and no-down begin as warnings' '
	(
		in_copy &&
		make_migration 0003_c "SELECT 1;" "" 0002_b &&
		finds unsealed migrations/0003_c.sql warn &&
		finds no-down migrations/0003_c.sql warn &&
		test_grep "^3 migrations, 0 errors, 2 warnings" check.out
	)
'

test_expect_success 'each rule can be an error, a warning or off' '
	(
		in_copy &&
		make_migration 0003_c "SELECT 1;" "" 0002_b &&
		git config migrate.check.no-down error &&
		finds no-down migrations/0003_c.sql error &&
		git config migrate.check.unsealed off &&
		test_expect_code 1 git migrate check >out &&
		test_grep ! unsealed out &&
		git config migrate.check.no-down off &&
		git migrate check >out &&
		echo "3 migrations, 0 errors, 0 warnings" >expect &&
		test_cmp expect out &&
		sed -i "s/TABLE b (id/TABLE b (ident/" \
			migrations/0002_b.sql &&
		git config migrate.check.stale-checksum warn &&
		git config migrate.check.stale-pin off &&
		finds stale-checksum migrations/0002_b.sql:2 warn &&
		git config migrate.check.stale-checksum fatal &&
		test_expect_code 128 git migrate check 2>err &&
		test_grep "bad level .fatal." err
	)
'

test_expect_success 'the levels may stand in .gitmigrate' '
	(
		in_copy &&
		make_migration 0003_c "SELECT 1;" "" 0002_b &&
		printf "[migrate \"check\"]\n\tno-down = error\n" \
			>>.gitmigrate &&
		finds no-down migrations/0003_c.sql error
	)
'

test_expect_success 'programs get rule, place and message' '
	(
		in_copy &&
		sed -i "s/TABLE b (id/TABLE b (ident/" \
			migrations/0002_b.sql &&
		echo "SELECT 1;" >migrations/odd.sql &&
		test_expect_code 1 git migrate check --json >out.json &&
		json "\$j->{errors}, \$j->{warnings}, map {
			qq(\$_->{level} \$_->{rule} \$_->{path}:\$_->{line}) }
			@{\$j->{findings}}" <out.json >actual &&
		cat >expect <<-\END &&
		2
		0
		error stale-checksum migrations/0002_b.sql:2
		error bad-name migrations/odd.sql:0
		END
		test_cmp expect actual &&
		test_expect_code 1 git migrate check --porcelain >out &&
		cut -f 1-4 out | tr "\t" " " >actual &&
		cat >expect <<-\END &&
		error stale-checksum migrations/0002_b.sql 2
		error bad-name migrations/odd.sql 0
		END
		test_cmp expect actual
	)
'

test_expect_success 'all findings are there at once, by place' '
	(
		in_copy &&
		echo "-- migrate:bogus" >migrations/0003_c.sql &&
		echo "-- migrate:bogus" >migrations/0004_d.sql &&
		test_expect_code 1 git migrate check >out &&
		sed -n "s/:1: error:.*//p" out >actual &&
		printf "%s\n" migrations/0003_c.sql migrations/0004_d.sql \
			>expect &&
		test_cmp expect actual
	)
'

test_expect_success 'check needs no database' '
	(
		in_copy &&
		sed -i "/url/d" .gitmigrate &&
		git migrate check -q &&
		test_path_is_missing app.db
	)
'

test_expect_success 'a down section without SQL is none' '
	(
		in_copy &&
		make_migration 0003_c "CREATE TABLE c (id);" "-- to do" \
			0002_b &&
		finds no-down migrations/0003_c.sql warn &&
		test_grep "has nothing in its down section" check.out &&
		echo "DROP TABLE c;" >>migrations/0003_c.sql &&
		git migrate check >out &&
		test_grep ! no-down out
	)
'

test_expect_success 'a rule or a policy that does not exist is an error' '
	(
		in_copy &&
		git config migrate.check.no-dwon off &&
		test_expect_code 128 git migrate check 2>err &&
		test_grep "^fatal: there is no rule .no-dwon." err &&
		test_grep "^hint: .*migrate.check.no-dwon" err &&
		git config --unset migrate.check.no-dwon &&
		printf "[migrate \"check\"]\n\tunsealled = off\n" \
			>>.gitmigrate &&
		test_expect_code 128 git migrate check 2>err &&
		test_grep "^fatal: there is no rule .unsealled." err &&
		git checkout -q -- .gitmigrate &&
		git migrate check &&
		test_expect_code 128 git -c migrate.heads=liner migrate check \
			2>err &&
		test_grep "^fatal: bad value .liner. of .migrate.heads." err
	)
'

test_expect_success 'a directory that is not there is noted' '
	(
		in_copy &&
		git config migrate.dir migratoins &&
		git migrate check >out 2>err &&
		test_grep "^note: there is no directory .migratoins." err &&
		test_grep "^0 migrations" out
	)
'

test_done
