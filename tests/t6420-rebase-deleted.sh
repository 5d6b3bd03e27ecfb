#!/bin/sh
test_description='rebase: what stood on a migration that was deleted'
. "${0%/*}/test-lib.sh"

test_require sqlite3

# add ID SQL: a sealed migration on top of the heads, committed.
add() {
	make_migration "$1" "$2" "SELECT 1;" "$3" &&
	git migrate seal -q &&
	test_commit_all "$1"
}

# project DIR: a published table, and three of ours on top of each other.
project() {
	test_project "$1" &&
	cd "$1" &&
	git config migrate.published refs/heads/pub &&
	git config migrate.check.no-down off &&
	add 0001_base "CREATE TABLE users (id INTEGER);" none &&
	git branch pub &&
	add 0002_a "CREATE TABLE a (x INTEGER);" 0001_base &&
	add 0003_b "CREATE TABLE b (x INTEGER);" 0002_a &&
	add 0004_c "ALTER TABLE a ADD COLUMN y INTEGER;" 0003_b
}

parent_of() {
	sed -n "s/^-- migrate:parent \([^ ]*\).*/\1/p" "migrations/$1.sql"
}

# stands ID PARENT
stands() {
	echo "$2" >../expect &&
	parent_of "$1" >../actual &&
	test_cmp ../expect ../actual
}

test_expect_success 'one in the middle that was deleted, and committed' '
	(
		project committed &&
		git rm -q migrations/0003_b.sql &&
		git commit -q -m without &&
		test_expect_code 1 git migrate check >../out &&
		test_grep "0002_a.* if it was deleted: git migrate rebase;" \
			../out &&
		git migrate rebase >../out 2>../err &&
		stands 0004_c 0002_a &&
		git migrate check &&
		git commit -q -a -m put &&
		git migrate apply -q
	)
'

test_expect_success 'the same before it is committed' '
	(
		project staged &&
		git rm -q migrations/0003_b.sql &&
		git migrate rebase >../out 2>../err &&
		stands 0004_c 0002_a &&
		git migrate check --staged &&
		git status --porcelain >../status &&
		printf "%s\n" "D  migrations/0003_b.sql" \
			"M  migrations/0004_c.sql" >../expect &&
		test_cmp ../expect ../status
	)
'

test_expect_success 'two behind each other, and one without parent lines' '
	(
		project two &&
		add 0005_d "CREATE TABLE d (x INTEGER);" 0004_c &&
		add 0006_e "ALTER TABLE a ADD COLUMN z INTEGER;" 0005_d &&
		git rm -q migrations/0003_b.sql &&
		git commit -q -m without &&
		git rm -q migrations/0004_c.sql migrations/0005_d.sql &&
		git commit -q -m "without more" &&
		git migrate rebase >../out 2>../err &&
		stands 0006_e 0002_a
	) &&
	(
		project implied &&
		sed -i "/^-- migrate:[pc]/d" migrations/0003_b.sql &&
		test_commit_all implied &&
		git rm -q migrations/0003_b.sql &&
		git migrate rebase >../out 2>../err &&
		stands 0004_c 0002_a
	)
'

test_expect_success 'what stood on the published one goes there' '
	(
		project lowest &&
		git rm -q migrations/0002_a.sql migrations/0003_b.sql &&
		git commit -q -m without &&
		git migrate rebase >../out 2>../err &&
		stands 0004_c 0001_base
	)
'

test_expect_success 'a change that is not staged is refused as before' '
	(
		project unstaged &&
		rm migrations/0003_b.sql &&
		test_expect_code 1 git migrate rebase 2>../err &&
		test_grep "0003_b.sql. has changes that aren.t staged" ../err
	)
'

# drop SUBJECT: git rebase -i, with the commit of that subject left out.
drop() {
	GIT_SEQUENCE_EDITOR="sed -i '/ $1\$/d'" git rebase -q -i pub
}

test_expect_success 'one whose commit a rebase of git dropped, with a warning' '
	(
		project dropped &&
		drop 0003_b &&
		test_path_is_missing migrations/0003_b.sql &&
		test_expect_code 1 git migrate check >../out &&
		git migrate rebase >../out 2>../err &&
		stands 0004_c 0002_a &&
		test_grep "^warning: .0004_c. was .*0003_b.sql., " ../err &&
		test_grep "on .0002_a. now, as that one did$" ../err &&
		test_grep "^hint: git log --all --reflog -- migrations/0003_b" \
			../err &&
		git log --all --reflog --format=%s -- migrations/0003_b.sql \
			>../log &&
		test_grep "^0003_b$" ../log &&
		git migrate check
	)
'

test_expect_success 'two that were dropped behind each other' '
	(
		project chain &&
		add 0005_d "ALTER TABLE a ADD COLUMN z INTEGER;" 0004_c &&
		drop "000[34]_." &&
		git migrate rebase >../out 2>../err &&
		stands 0005_d 0002_a &&
		grep ^warning: ../err >../warnings &&
		test_line_count = 1 ../warnings
	)
'

test_expect_success 'one that git knows nothing of: by the order, and told' '
	(
		project forgotten &&
		drop 0003_b &&
		rm -rf .git/logs .git/ORIG_HEAD .git/REBASE_HEAD &&
		git gc -q --prune=now &&
		git migrate rebase >../out 2>../err &&
		stands 0004_c 0002_a &&
		test_grep "^warning: .0004_c. was .*0003_b.sql., " ../err &&
		test_grep "on .0002_a. now, by the order" ../err &&
		git migrate check
	)
'

test_done
