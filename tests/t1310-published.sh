#!/bin/sh
test_description='check: what is published, seen from three sides'
. "${0%/*}/test-lib.sh"

# A clone with two published migrations, on a branch of its own.
setup() {
	test_published "$1" && git -C "$1" switch -q -c work
}

# edit ID: another column's name
edit() {
	sed -i "s/(id INTEGER)/(ident INTEGER)/" "migrations/$1.sql" &&
	git migrate seal -q >/dev/null 2>&1
}

# publish: puts the commit that is checked out onto main, as others do.
publish() {
	git push -q origin HEAD:main &&
	git fetch -q
}

has() {
	test_expect_code 1 git migrate check >check.out 2>check.err &&
	test_grep -F "[$1]" check.out
}

has_not() {
	git migrate check >check.out 2>check.err
	test_grep ! -F "[published-" check.out
}

in_copy() {
	rm -rf copy copy.git && cp -R app copy && cp -R app.git copy.git &&
	cd copy && git remote set-url origin ../copy.git
}

test_expect_success 'nothing of ours has changed' '
	setup app &&
	(
		cd app &&
		git migrate check >out 2>err &&
		test_must_be_empty err &&
		make_table 0003_c c 0002_b &&
		git migrate seal -q &&
		git migrate check &&
		test_commit_all c &&
		git migrate check
	)
'

test_expect_success 'the only remote may have any name' '
	(
		in_copy &&
		git remote rename origin upstream &&
		edit 0002_b &&
		has published-edited &&
		test_grep "upstream/main" check.out &&
		git remote add other ../copy.git &&
		git fetch -q other &&
		has_not &&
		test_grep "nothing is published" check.err
	)
'

test_expect_success 'an edited up is found, committed or not' '
	(
		in_copy &&
		edit 0002_b &&
		has published-edited &&
		test_grep "0002_b.sql: error: the published up of .0002_b. was \
changed" check.out &&
		test_grep "git restore --source=.*origin/main -- \
migrations/0002_b.sql" check.out &&
		test_commit_all edit &&
		has published-edited
	)
'

test_expect_success 'its children are not blamed, unless it may stay so' '
	(
		in_copy &&
		edit 0001_a &&
		test_expect_code 1 git migrate check --porcelain >rows &&
		cut -f2,3 rows >actual &&
		printf "published-edited\tmigrations/0001_a.sql\n" >expect &&
		test_cmp expect actual &&
		git config migrate.check.published-edited warn &&
		has stale-pin &&
		git config migrate.check.published-edited off &&
		has stale-pin
	)
'

test_expect_success 'a cosmetic edit, or of the down, is a note' '
	(
		in_copy &&
		echo "-- a word" >>migrations/0002_b.sql &&
		git config migrate.check.stale-checksum off &&
		git config migrate.check.stale-pin off &&
		git migrate check >out &&
		test_grep "0002_b.sql: note: .*\[published-edited\]" out
	)
'

test_expect_success 'a deleted one is found, and where it went' '
	(
		in_copy &&
		git rm -q migrations/0002_b.sql &&
		has published-deleted &&
		test_grep "the published .0002_b. is gone" check.out &&
		git reset -q --hard &&
		git mv migrations/0002_b.sql migrations/0009_b.sql &&
		has published-deleted &&
		test_grep "it is .0009_b. now" check.out
	)
'

test_expect_success 'another parent is found, the old one'\''s new pin is not' '
	(
		in_copy &&
		sed -i "1s/.*/-- migrate:parent none/" migrations/0002_b.sql &&
		has published-reparented &&
		test_grep "0002_b.sql:1: error: .*\[published-reparented\]" \
			check.out
	) &&
	(
		in_copy &&
		sed -i "1s/ [0-9a-f]*\$//" migrations/0002_b.sql &&
		has_not
	)
'

test_expect_success 'what is not published is free' '
	(
		in_copy &&
		edit 0003_c &&
		has_not &&
		git rm -q -f migrations/0003_c.sql &&
		has_not
	)
'

test_expect_success 'being behind is no fault' '
	(
		in_copy &&
		git switch -q -c theirs main &&
		make_table 0004_d d 0002_b &&
		edit 0001_a &&
		test_commit_all theirs &&
		publish &&
		git switch -q work &&
		has_not &&
		git switch -q -c older main &&
		has_not
	)
'

test_expect_success 'what came from the other side by a merge is not ours' '
	(
		in_copy &&
		git switch -q -c theirs main &&
		edit 0001_a &&
		git rm -q migrations/0002_b.sql &&
		test_commit_all theirs &&
		publish &&
		git switch -q work &&
		rm -f check.out check.err &&
		test_tick &&
		git merge -q origin/main -m merge &&
		has_not
	)
'

test_expect_success 'an edit of ours stays ours after such a merge' '
	(
		in_copy &&
		git switch -q -c theirs main &&
		make_table 0004_d d 0002_b &&
		test_commit_all theirs &&
		publish &&
		git switch -q work &&
		edit 0001_a &&
		test_commit_all ours &&
		test_tick &&
		git merge -q origin/main -m merge &&
		has published-edited
	)
'

# main:  0 - A - X	X merges B into A, Y merges A into B
#          \   X
# work:     B - Y
test_expect_success 'a criss-cross has two bases, and both count' '
	(
		in_copy &&
		rm -f check.out check.err out err &&
		git switch -q -c theirs main &&
		edit 0001_a &&
		test_commit_all A &&
		a=$(git rev-parse HEAD) &&
		git switch -q work &&
		edit 0002_b &&
		test_commit_all B &&
		b=$(git rev-parse HEAD) &&
		git switch -q theirs &&
		test_tick &&
		git merge -q "$b" -m X &&
		publish &&
		git switch -q work &&
		test_tick &&
		git merge -q "$a" -m Y &&
		git merge-base --all HEAD origin/main >bases &&
		test_line_count = 2 bases &&
		has_not &&
		sed -i "s/ident/another/" migrations/0002_b.sql &&
		has published-edited &&
		git checkout -q -- migrations &&
		git rm -q migrations/0001_a.sql &&
		has published-deleted
	)
'

test_expect_success 'migrate.published says what counts' '
	(
		in_copy &&
		git push -q origin HEAD:release/1 &&
		git switch -q main &&
		edit 0002_b &&
		has published-edited &&
		git config migrate.published "origin/release/*" &&
		has published-edited &&
		git config migrate.published "origin/nothing" &&
		test_expect_code 1 git migrate check >out 2>err &&
		test_grep ! published-edited out &&
		test_grep "^note: nothing is published" err &&
		git config --unset migrate.published &&
		git config --add migrate.published "origin/nothing" &&
		git config --add migrate.published "refs/remotes/origin/main" &&
		has published-edited
	)
'

test_expect_success 'origin/HEAD alone is enough' '
	(
		in_copy &&
		git push -q origin main:trunk &&
		git update-ref -d refs/remotes/origin/main &&
		git remote set-head origin trunk &&
		edit 0002_b &&
		has published-edited
	)
'

test_expect_success 'the rules can be set' '
	(
		in_copy &&
		edit 0002_b &&
		git config migrate.check.published-edited warn &&
		git config migrate.check.stale-checksum off &&
		git config migrate.check.stale-pin off &&
		git migrate check >out &&
		test_grep "warn: .*\[published-edited\]" out &&
		git config migrate.check.published-edited off &&
		git migrate check >out &&
		test_grep ! "published-edited" out
	)
'

test_expect_success 'unrelated histories are no fault' '
	(
		in_copy &&
		git checkout -q --orphan alone &&
		git rm -q -rf . &&
		git checkout -q main -- .gitmigrate .gitignore &&
		mkdir -p migrations &&
		make_table 0001_x x &&
		git migrate seal -q &&
		test_commit_all alone &&
		has_not
	)
'

test_expect_success 'a shallow clone says that it is one' '
	git clone -q --depth 1 "file://$PWD/app.git" shallow &&
	(
		cd shallow &&
		git migrate check >out 2>err &&
		test_grep "^note: this clone is shallow" err
	)
'

test_expect_success 'an edited published one that is stale is not applied' '
	(
		in_copy &&
		sed -i "s/(id INTEGER)/(ident INTEGER)/" \
			migrations/0002_b.sql &&
		cp migrations/0002_b.sql before &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "^error: migrations/0002_b.sql was edited after it \
was sealed" err &&
		test_grep "^hint: .*git restore migrations/0002_b.sql" err &&
		test_grep ! "git migrate seal" err &&
		test_cmp before migrations/0002_b.sql &&
		test_path_is_missing app.db &&
		git restore migrations/0002_b.sql &&
		git migrate apply -q &&
		test_tables a b c
	)
'

test_done
