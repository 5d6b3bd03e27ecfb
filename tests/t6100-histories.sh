#!/bin/sh
test_description='histories of every shape, and what check and conflicts say'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-histories.sh"

# A project of one sealed migration, published as the branch "pub"; work goes
# on there, in their name, and on the branch "work", in ours.
project() {
	test_project "$1" --numbering "${2-timestamp}" &&
	cd "$1" &&
	git config migrate.published refs/heads/pub &&
	git config migrate.check.no-down off &&
	add 0001_base "CREATE TABLE users (id INTEGER, email TEXT);
CREATE TABLE posts (id INTEGER, title TEXT);" none &&
	git branch pub &&
	git switch -q -c work
}

# between STATUS VERDICTS: what `conflicts` says of ours and theirs.
between() {
	test_expect_code "$1" git migrate conflicts --porcelain work pub \
		>rows.out &&
	for verdict in $2
	do
		echo "$verdict"
	done >verdicts.expect &&
	cut -f 1 rows.out >verdicts.out &&
	test_cmp verdicts.expect verdicts.out
}

# Ours and theirs, one migration each: NAME, the verdict, their SQL, our SQL.
# Theirs has the lower number, so that ours sorts after it.
pair() {
	rm -rf "$1" &&
	(
		project "$1" &&
		printf "/*.out\n/*.expect\n" >>.gitignore &&
		test_commit_all ignore &&
		git switch -q pub &&
		add 0002_theirs "$3" &&
		git switch -q work &&
		add 0003_ours "$4" &&
		case $2 in
		conflict)
			between 1 conflict &&
			says 1 "conflict fork" &&
			says 1 "conflict fork" --staged &&
			says 1 "conflict fork" HEAD &&
			says 1 "conflict fork" --base pub ;;
		*)
			between 0 "" &&
			says 0 "" &&
			says 0 "" --staged &&
			says 0 "" HEAD &&
			says 0 "" --base pub ;;
		esac
	)
}

test_expect_success 'independent tables' '
	pair tables independent "CREATE TABLE a (x INTEGER);" \
		"CREATE TABLE b (x INTEGER);"
'

test_expect_success 'one table, two columns' '
	pair columns independent "ALTER TABLE users ADD a INTEGER;" \
		"ALTER TABLE users ADD b INTEGER;"
'

test_expect_success 'the same column' '
	pair column conflict "ALTER TABLE users ADD a INTEGER;" \
		"ALTER TABLE users ADD a TEXT;"
'

test_expect_success 'a drop against a use, either way round' '
	pair drop conflict "ALTER TABLE users DROP COLUMN email;" \
		"CREATE INDEX i ON users (email);" &&
	pair use conflict "CREATE INDEX i ON users (email);" \
		"ALTER TABLE users DROP COLUMN email;"
'

test_expect_success 'a rename against a use' '
	pair rename conflict "ALTER TABLE users RENAME TO people;" \
		"CREATE INDEX i ON users (email);"
'

test_expect_success 'the place of a conflict is in our file' '
	(
		cd rename &&
		test_expect_code 1 git migrate check >out.out &&
		test_grep "^migrations/0003_ours.sql:5: error: uses table \
.users., but migrations/0002_theirs.sql:5 of .pub. renames table .users. \
\[conflict\]" out.out &&
		test_grep "^migrations/0003_ours.sql:1: error: stands beside \
.migrations/0002_theirs.sql. of .pub., not on it \[fork\]" out.out
	)
'

test_expect_success 'where the policy is linear, any fork is a finding' '
	(
		cd tables &&
		test_expect_code 1 git -c migrate.heads=linear migrate check \
			>out.out &&
		test_grep "\[fork\]" out.out &&
		test_grep "git migrate rebase pub" out.out &&
		test_tick &&
		git merge -q pub -m merge &&
		test_expect_code 1 git -c migrate.heads=linear migrate check \
			>out.out &&
		test_grep "\[several-heads\]" out.out &&
		test_grep ! "\[fork\]" out.out
	)
'

test_expect_success 'the same id' '
	(
		project id &&
		add 0002_x "CREATE TABLE b (x INTEGER);" &&
		git switch -q pub &&
		add 0002_x "CREATE TABLE a (x INTEGER);" &&
		git switch -q work &&
		between 1 collision &&
		says 1 collision &&
		says 1 collision --staged &&
		test_expect_code 1 git migrate check >out &&
		test_grep "  git mv migrations/0002_x.sql to a name of its \
own, then git rebase " out
	)
'

test_expect_success 'the same number, in a sequence and elsewhere' '
	(
		project number sequence &&
		git switch -q pub &&
		add 0002_theirs "CREATE TABLE a (x INTEGER);" &&
		git switch -q work &&
		add 0002_zours "CREATE TABLE b (x INTEGER);" &&
		between 1 collision &&
		says 1 collision &&
		sed -i "s/sequence/timestamp/" .gitmigrate &&
		says 0 "" &&
		says 1 collision HEAD
	)
'

test_expect_success 'what is picked twice is the same on both sides' '
	(
		project picked &&
		git switch -q pub &&
		add 0002_fix "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q work &&
		git cherry-pick pub >/dev/null &&
		between 0 "" &&
		says 0 "" &&
		git switch -q -c other pub~1 &&
		git cherry-pick pub >/dev/null &&
		test_tick &&
		git merge -q work -m merge &&
		says 0 "" &&
		test_tick &&
		git merge -q pub -m merge &&
		says 0 ""
	)
'

test_expect_success 'what is reverted is no side' '
	(
		project reverted &&
		git switch -q pub &&
		add 0002_theirs "ALTER TABLE users ADD a INTEGER;" &&
		git revert --no-edit HEAD >/dev/null &&
		git switch -q work &&
		add 0003_ours "ALTER TABLE users ADD a TEXT;" &&
		between 0 "" &&
		says 0 "" &&
		git merge -q pub -m merge &&
		says 0 ""
	)
'

test_expect_success 'our revert of what is published is a deletion' '
	(
		project unpublished &&
		git switch -q pub &&
		add 0002_theirs "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q work &&
		git merge -q pub &&
		git revert --no-edit HEAD >/dev/null &&
		says 1 published-deleted &&
		says 1 published-deleted --staged &&
		says 1 published-deleted HEAD &&
		says 1 published-deleted --range pub..HEAD
	)
'

test_expect_success 'a rename of what is published, and of what is not' '
	(
		project renamed &&
		git switch -q pub &&
		add 0002_theirs "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q work &&
		git merge -q pub &&
		git mv migrations/0002_theirs.sql migrations/0009_theirs.sql &&
		says 1 published-deleted &&
		git reset -q --hard &&
		add 0003_ours "CREATE TABLE b (x INTEGER);" 0002_theirs &&
		git mv migrations/0003_ours.sql migrations/0004_ours.sql &&
		says 0 "" &&
		test_commit_all renamed &&
		git switch -q pub &&
		git mv migrations/0002_theirs.sql migrations/0003_theirs.sql &&
		test_commit_all renamed &&
		git switch -q work &&
		between 0 "" &&
		says 0 ""
	)
'

test_expect_success 'edited on one side, deleted on the other' '
	(
		project edited &&
		git switch -q pub &&
		sed -i "s/title TEXT/title/" migrations/0001_base.sql &&
		git migrate seal -q &&
		sed -i "s/title TEXT/title/" migrations/0001_base.sql &&
		test_commit_all edited &&
		git switch -q work &&
		git rm -q migrations/0001_base.sql &&
		git commit -q -m deleted &&
		says 1 published-deleted &&
		git switch -q -c keeps HEAD~1 &&
		says 0 "" &&
		git switch -q -c removes pub~1 &&
		git rm -q migrations/0001_base.sql &&
		git commit -q -m deleted &&
		git branch -q -f pub &&
		git switch -q -C work main &&
		sed -i "s/title TEXT/title/" migrations/0001_base.sql &&
		git config migrate.check.stale-checksum off &&
		says 1 published-edited &&
		git add migrations &&
		says 1 published-edited --staged
	)
'

test_expect_success 'an octopus merge brings what all of its sides have' '
	(
		project octopus &&
		add 0002_a "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q -c b main &&
		add 0003_b "ALTER TABLE users ADD b INTEGER;" &&
		git switch -q -c c main &&
		add 0004_c "ALTER TABLE users ADD b TEXT;" &&
		git switch -q pub &&
		add 0005_d "ALTER TABLE users ADD a TEXT;" &&
		git switch -q work &&
		test_tick &&
		git merge -q -m octopus b c &&
		git rev-parse HEAD^3 >/dev/null &&
		between 1 conflict &&
		says 1 "conflict fork out-of-order" &&
		grep "^error.conflict.migrations/0004_c.sql" rows.out &&
		grep "^error.conflict.migrations/0002_a.sql" rows.out
	)
'

# main:	0 - A - X	X merges B into A, Y merges A into B
#	  \   X
# work:	    B - Y
test_expect_success 'a criss-cross has two bases' '
	(
		project cross &&
		git switch -q pub &&
		add 0002_theirs "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q work &&
		add 0003_ours "ALTER TABLE users ADD b INTEGER;" &&
		test_tick &&
		git merge -q pub -m Y &&
		git switch -q pub &&
		test_tick &&
		git merge -q work^1 -m X &&
		git switch -q work &&
		git merge-base --all work pub >bases.out &&
		test_line_count = 2 bases.out &&
		between 0 "" &&
		says 0 "" &&
		add 0005_more "ALTER TABLE posts ADD x INTEGER;" \
			0002_theirs 0003_ours &&
		git switch -q pub &&
		add 0004_more "ALTER TABLE posts ADD x TEXT;" \
			0002_theirs 0003_ours &&
		git switch -q work &&
		between 1 conflict &&
		says 1 "conflict fork"
	)
'

test_expect_success 'a squash merge: the same content, another history' '
	(
		project squash &&
		add 0002_ours "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q pub &&
		git merge -q --squash work &&
		test_commit_all squashed &&
		git switch -q work &&
		between 0 "" &&
		says 0 "" &&
		add 0003_more "ALTER TABLE users ADD b INTEGER;" 0002_ours &&
		between 0 "" &&
		says 0 ""
	)
'

test_expect_success 'a rebase that stops on a conflict' '
	(
		project rebase &&
		add 0002_same "CREATE TABLE ours (x INTEGER);" &&
		add 0003_ours "ALTER TABLE users ADD a INTEGER;" 0002_same &&
		git switch -q pub &&
		add 0002_same "CREATE TABLE theirs (x INTEGER);" &&
		git switch -q work &&
		test_must_fail git rebase -q pub &&
		says 1 "bad-file" --staged &&
		grep "0002_same.sql.*not merged yet" rows.out &&
		git checkout -q --theirs migrations/0002_same.sql &&
		mv migrations/0002_same.sql migrations/0004_same.sql &&
		git checkout -q pub -- migrations/0002_same.sql &&
		git add migrations &&
		says 0 "" --staged &&
		git rebase --continue >/dev/null &&
		says 1 stale-pin &&
		sed -i "1s/.*/-- migrate:parent 0004_same/" \
			migrations/0003_ours.sql &&
		git migrate seal -q &&
		says 0 ""
	)
'

test_expect_success 'migrations that moved to another directory' '
	(
		project moved &&
		git switch -q pub &&
		add 0002_theirs "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q work &&
		mkdir db &&
		git mv migrations db/schema &&
		git config -f .gitmigrate migrate.dir db/schema &&
		test_commit_all moved &&
		between 0 "" &&
		says 0 "" &&
		says 0 "" --staged &&
		says 0 "" HEAD &&
		MIGRATIONS=db/schema add 0003_ours \
			"ALTER TABLE users ADD a TEXT;" &&
		between 1 conflict &&
		says 1 "conflict fork" &&
		says 1 "conflict fork" HEAD &&
		git rm -q db/schema/0001_base.sql &&
		says 1 "conflict fork published-deleted unknown-parent" \
			--staged
	)
'

test_expect_success 'a branch that changed migrate.dir and left files behind' '
	(
		project redirected &&
		git config -f .gitmigrate migrate.dir elsewhere &&
		test_commit_all redirected &&
		says 1 published-deleted &&
		says 1 published-deleted HEAD &&
		git switch -q pub &&
		says 0 "" &&
		says 1 published-deleted work &&
		says 0 "" pub
	)
'

test_expect_success 'a shallow clone judges by what it has' '
	(
		project deep &&
		add 0002_ours "ALTER TABLE users ADD a INTEGER;" &&
		git switch -q pub &&
		add 0003_theirs "ALTER TABLE users ADD a TEXT;" &&
		git clone -q --depth 1 --no-single-branch "file://$PWD" \
			../shallow &&
		cd ../shallow &&
		git switch -q work &&
		git config migrate.published origin/pub &&
		git migrate check --staged >out.out 2>err.out &&
		test_grep "^note: this clone is shallow" err.out &&
		git fetch -q --unshallow &&
		test_expect_code 1 git migrate check >out.out &&
		test_grep "\[conflict\]" out.out
	)
'

test_expect_success 'in a submodule' '
	(
		test_project outer &&
		cd outer &&
		git -c protocol.file.allow=always submodule --quiet add \
			"file://$TRASH/work/drop" inner &&
		cd inner &&
		git config migrate.published origin/pub &&
		git switch -q -C work origin/work &&
		test_expect_code 1 git migrate check >"$TRASH/out" &&
		test_grep "\[conflict\]" "$TRASH/out" &&
		test_expect_code 1 git migrate check --staged >"$TRASH/out" &&
		test_grep "\[conflict\]" "$TRASH/out"
	)
'

test_expect_success 'in a linked work tree, while it merges' '
	(
		cd use &&
		git switch -q main &&
		git worktree add -q ../linked work &&
		cd ../linked &&
		says 1 "conflict fork" &&
		says 1 "conflict fork" --staged &&
		test_tick &&
		git merge -q --no-commit pub >/dev/null &&
		says 1 conflict &&
		says 1 conflict --staged &&
		make_migration 0004_both "SELECT 1;" "" 0002_theirs 0003_ours &&
		git migrate seal -q &&
		says 1 broken-order &&
		sed -i "s/^ALTER TABLE users DROP/DROP INDEX IF EXISTS i;\n&/" \
			migrations/0003_ours.sql &&
		git migrate seal -q 0003_ours 0004_both &&
		says 0 "" &&
		says 1 conflict --staged &&
		git add -A &&
		says 0 "" --staged
	)
'

test_expect_success 'in a bare repository' '
	git clone -q --bare use bare.git &&
	(
		cd bare.git &&
		git config migrate.published refs/heads/pub &&
		git config migrate.check.no-down off &&
		git symbolic-ref HEAD refs/heads/pub &&
		git migrate check &&
		test_expect_code 1 git migrate check work >"$TRASH/out" &&
		test_grep "\[conflict\]" "$TRASH/out" &&
		test_expect_code 1 git migrate check --range pub...work \
			>"$TRASH/out" &&
		test_grep "\[conflict\]" "$TRASH/out"
	)
'

test_expect_success 'commits by the first digits of their ids' '
	(
		cd use &&
		git switch -q main &&
		ours=$(git rev-parse --short work) &&
		pub=$(git rev-parse --short pub) &&
		says 1 "conflict fork" "$ours" &&
		says 1 "conflict fork" --base "$pub" "$ours" &&
		says 1 "conflict fork" --range "$pub...$ours"
	)
'

test_expect_success 'a merge made on the server is found by the next check' '
	rm -rf server.git clone &&
	git clone -q --bare drop server.git &&
	git clone -q server.git clone &&
	(
		cd server.git &&
		tree=$(git merge-tree --write-tree pub work) &&
		merge=$(git commit-tree -p pub -p work -m merge "$tree") &&
		git update-ref refs/heads/pub "$merge"
	) &&
	(
		cd clone &&
		git config migrate.published origin/pub &&
		git fetch -q &&
		git switch -q -c next origin/pub &&
		test_expect_code 1 git migrate check >"$TRASH/out" &&
		test_grep "0003_ours.sql:5: error: uses column .users.email., \
but migrations/0002_theirs.sql:5 beside it drops" "$TRASH/out" &&
		git commit -q --allow-empty -m later &&
		test_expect_code 1 git migrate check -q >"$TRASH/out"
	)
'

test_expect_success 'the same of files without parent lines' '
	(
		project plain &&
		git switch -q -c ours main &&
		sed -i "/^-- migrate:[pc]/d" migrations/0001_base.sql &&
		git config migrate.check.unsealed off &&
		test_commit_all unsealed &&
		git branch -f pub &&
		make_migration 0002_ours "CREATE INDEX i ON users (email);" \
			"" &&
		test_commit_all ours &&
		git switch -q pub &&
		make_migration 0003_theirs "ALTER TABLE users DROP email;" \
			"" &&
		test_commit_all theirs &&
		git switch -q ours &&
		says 1 "conflict fork out-of-order" &&
		git merge -q --no-commit pub &&
		says 1 "conflict out-of-order" &&
		says 1 "conflict out-of-order" --staged &&
		test_commit_all merged &&
		says 1 "conflict out-of-order" &&
		make_migration 0004_both "SELECT 1;" "" 0002_ours \
			0003_theirs &&
		says 1 "broken-order out-of-order"
	)
'

test_done
