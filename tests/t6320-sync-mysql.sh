#!/bin/sh

test_description='the target becomes what a commit holds, on MariaDB'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"
. "$GM_TEST_DIR/lib-sync.sh"

fresh_project && cd project || exit 1

tables_are() {
	test "$(my -e "SELECT GROUP_CONCAT(table_name ORDER BY table_name
		SEPARATOR ' ') FROM information_schema.tables
		WHERE table_schema = '$DATABASE'
		AND table_name NOT LIKE 'git\\_migrate\\_%'")" = "$*"
}

test_story

test_expect_success 'the journal says how to go on, and the next one ends it' '
	tables_are users wrong &&
	test_expect_code 1 git migrate sync tags 2>err &&
	test_grep "0002_wrong. stopped after 1 of 2 statements" err &&
	git migrate apply --abort &&
	my -e "DROP TABLE $DATABASE.wrong" &&
	git migrate sync tags >out 2>err &&
	test_grep "note: one step after the other: the database" err &&
	tables_are tags users
'

test_expect_success 'killed in a statement, it is told, and taken up' '
	git checkout -q -B slow main &&
	make_migration 0002_slow "CREATE TABLE slow (id INTEGER);
DO SLEEP(1000);" "DROP TABLE slow;" 0001_users &&
	test_commit_all slow &&
	{ git-migrate sync -q & } && pid=$! &&
	wait_until is_running "DO SLEEP%" &&
	{ kill -9 $pid; ! wait $pid; } 2>/dev/null &&
	my -e "KILL $(running_id "DO SLEEP%")" &&
	wait_until is_idle &&
	tables_are slow users &&
	test_expect_code 1 git migrate sync posts 2>err &&
	test_grep "statement 2 of 2 .*nobody knows" err &&
	test_grep "hint: .*git migrate apply --continue --ran" err &&
	git migrate apply --continue --ran &&
	git migrate sync posts &&
	tables_are posts users
'

test_done
