#!/bin/sh
test_description='what is applied here and has no file in this tree'
. "${0%/*}/test-lib.sh"

# main with a; feature adds b and c, which are applied; back on main.
setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		git migrate apply -q &&
		test_commit_all one &&
		git switch -q -c feature &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		git migrate apply -q &&
		test_commit_all two &&
		git switch -q main
	)
}

test_expect_success 'after a switch it is missing, and found on its branch' '
	setup app &&
	(
		cd app &&
		test_states applied:0001_a missing:0002_b missing:0003_c &&
		git migrate status >out &&
		test_grep "0002_b  (no file in this tree; it is on feature)" \
			out &&
		test_expect_code 1 git migrate status --exit-code >out
	)
'

test_expect_success 'what was added and applied before the commit is found' '
	test_project added --numbering sequence &&
	(
		cd added &&
		test_commit_all zero &&
		git switch -q -c feature &&
		make_table 0001_a a &&
		git add . &&
		git migrate apply -q &&
		test_commit_all one &&
		git switch -q main &&
		git migrate status >out &&
		test_grep "0001_a  (no file in this tree; it is on feature)" out
	)
'

test_expect_success 'rollback needs no file' '
	cp -R app back &&
	(
		cd back &&
		git migrate rollback >out &&
		test_grep "^rolled back 0003_c" out &&
		test_tables a b &&
		git migrate rollback 0002_b &&
		test_tables a &&
		git migrate status --exit-code
	)
'

test_expect_success 'neither does it need the branch, nor its objects' '
	cp -R app pruned &&
	(
		cd pruned &&
		git branch -q -D feature &&
		git reflog expire --expire=now --all &&
		git gc -q --prune=now &&
		git migrate status >out &&
		test_grep "0002_b  (no file in this tree)" out &&
		git migrate show 3 >out &&
		test_grep "^CREATE TABLE c" out &&
		git migrate rollback --to a &&
		test_tables a &&
		git migrate status --exit-code
	)
'

test_expect_success 'apply goes on without it' '
	cp -R app forth &&
	(
		cd forth &&
		make_table 0004_d d 0001_a &&
		git migrate apply &&
		test_tables a b c d &&
		test_states applied:0001_a missing:0002_b missing:0003_c \
			applied:0004_d
	)
'

test_expect_success 'redo of it is refused before anything is undone' '
	(
		cd app &&
		test_expect_code 1 git migrate redo 2>err &&
		test_grep "has no file in this tree" err &&
		test_tables a b c
	)
'

test_expect_success '--from-file has nothing to go by' '
	(
		cd app &&
		test_expect_code 1 git migrate rollback --from-file 2>err &&
		test_grep "has no file in this tree" err &&
		test_tables a b c
	)
'

test_expect_success 'restore writes the file again' '
	cp -R app again &&
	(
		cd again &&
		git migrate restore 0002_b 0003_c &&
		git show feature:migrations/0002_b.sql >expect &&
		test_cmp expect migrations/0002_b.sql &&
		git migrate status --exit-code
	)
'

test_expect_success 'back on its branch it is simply applied' '
	(
		cd app &&
		git switch -q feature &&
		git migrate status --exit-code
	)
'

test_expect_success 'two branches, one database: the other way round' '
	(
		cd app &&
		git switch -q main &&
		make_table 0005_e e 0001_a &&
		git migrate apply -q &&
		test_commit_all e &&
		git switch -q feature &&
		test_states applied:0001_a applied:0002_b applied:0003_c \
			missing:0005_e &&
		git migrate rollback e &&
		git migrate status --exit-code &&
		test_tables a b c
	)
'

test_done
