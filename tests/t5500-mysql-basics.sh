#!/bin/sh
test_description='MariaDB: applying, rolling back, and what goes wrong'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

test_expect_success 'migrations are applied, shown and rolled back' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_users \
			"CREATE TABLE users (id INT PRIMARY KEY);" \
			"DROP TABLE users;" &&
		make_migration 0002_posts \
			"CREATE TABLE posts (id INT PRIMARY KEY);
			INSERT INTO posts VALUES (1);" "DROP TABLE posts;" &&
		git migrate apply &&
		test "$(count_tables)" = 2 &&
		git migrate status --porcelain >status &&
		cut -f1,2 status >got &&
		printf "applied\t0001_users\napplied\t0002_posts\n" >want &&
		test_cmp want got &&
		git migrate apply >out &&
		test_grep "nothing to apply" out &&
		rm migrations/0002_posts.sql &&
		git migrate rollback -c 2 &&
		test "$(count_tables)" = 0
	)
'

test_expect_success 'the migrations of a branch are undone without files' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_a "CREATE TABLE a (i INT);" \
			"DROP TABLE a;" &&
		git migrate apply && rm -r migrations && mkdir migrations &&
		git migrate rollback && test "$(count_tables)" = 0
	)
'

test_expect_success 'an error names file, line and column' '
	fresh_project &&
	(
		cd project &&
		cat >../cases <<-\END &&
		SELECT 1 FORM x y|5:15|1064|syntax
		SELECT nope FROM (SELECT 1) AS x|5:8|1054|nope
		CREATE TABLE t (i INTT)|5:19|4161|INTT
		ALTER TABLE gone ADD x INT|5:13|1146|gone
		END
		while IFS="|" read -r sql place number word
		do
			make_migration 0001_bad "
SELECT 1;
-- comment
$sql;" "" &&
			test_expect_code 128 git migrate apply 2>err &&
			test_grep "migrations/0001_bad.sql:$place: " err &&
			test_grep "(error $number)" err &&
			test_grep "$word" err &&
			git migrate apply --abort || exit 1
		done <../cases
	)
'

test_expect_success 'a failure leaves a journal that can be continued' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_three "CREATE TABLE one (i INT);
CREATE TABLE two (i INTT);
CREATE TABLE three (i INT);" \
			"DROP TABLE one; DROP TABLE two;
DROP TABLE three;" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "1 of 3 statements are done" err &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "stopped after 1 of 3 statements" err &&
		test_grep "git migrate apply --continue" err &&
		git migrate status --porcelain >status &&
		test_grep "^failed.0001_three" status &&
		sed "s/INTT/INT/" migrations/0001_three.sql >new &&
		mv new migrations/0001_three.sql &&
		git migrate apply --continue &&
		test "$(count_tables)" = 3 &&
		git migrate rollback && test "$(count_tables)" = 0
	)
'

test_expect_success 'what has run may not change before it is continued' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_x "CREATE TABLE one (i INT);
CREATE TABLE two (i INTT);" "" &&
		test_expect_code 128 git migrate apply &&
		make_migration 0001_x "CREATE TABLE other (i INT);
CREATE TABLE two (i INT);" "" &&
		test_expect_code 1 git migrate apply --continue 2>err &&
		test_grep "statement 1 has already run" err
	)
'

test_expect_success '--restart begins again, --abort says what ran' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_x "CREATE TABLE one (i INT);
CREATE TABLE two (i INTT);" "" &&
		test_expect_code 128 git migrate apply &&
		my "$DATABASE" -e "DROP TABLE one" &&
		test_expect_code 128 git migrate apply --restart &&
		git migrate apply --abort >out &&
		test_grep "^CREATE TABLE one (i INT);" out &&
		test "$(my "$DATABASE" -e \
			"SELECT COUNT(*) FROM git_migrate_history")" = 0 &&
		test "$(count_tables)" = 1
	)
'

test_expect_success 'a rollback that fails can be continued, too' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_x "CREATE TABLE a (i INT);
CREATE TABLE b (i INT);" "DROP TABLE b;
DROP TABLE nope;
DROP TABLE a;" &&
		git migrate apply &&
		test_expect_code 128 git migrate rollback 2>err &&
		test_grep "0001_x.sql (as applied):[0-9]*:12: " err &&
		test_grep "git migrate rollback --continue" err &&
		my "$DATABASE" -e "CREATE TABLE nope (i INT)" &&
		git migrate rollback --continue &&
		test "$(count_tables)" = 0
	)
'

test_expect_success 'verify fails the migration where it is not true' '
	fresh_project &&
	(
		cd project && mkdir migrations &&
		cat >migrations/0001_v.sql <<-\END &&
		-- migrate:up
		CREATE TABLE v (i INT);
		-- migrate:verify
		SELECT COUNT(*) = 1 FROM v;
		END
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "verify: this is not true" err
	)
'

test_expect_success 'eight at once apply each migration once' '
	fresh_project &&
	(
		cd project &&
		for i in 1 2 3 4 5 6 7 8 9
		do
			make_migration "000${i}_x" "CREATE TABLE t$i (i INT);
INSERT INTO t$i VALUES ($i);" "" || exit 1
		done &&
		for i in 1 2 3 4 5 6 7 8
		do
			{
				git migrate apply >"../out$i" 2>"../err$i"
				echo $? >"../status$i"
			} &
		done &&
		wait &&
		cat ../err? ../status? &&
		cat ../status? | sort | uniq -c | tr -d " " >../statuses &&
		echo 80 >../want && test_cmp ../want ../statuses &&
		cat ../out? | grep "^applied" | sed "s/ (.*//" | sort >../got &&
		test_line_count = 9 ../got &&
		test "$(my "$DATABASE" -e "SELECT GROUP_CONCAT(position
			ORDER BY id) FROM git_migrate_history")" = \
			1,2,3,4,5,6,7,8,9
	)
'

test_expect_success 'a run that has to wait says for whom' '
	fresh_project &&
	(
		cd project &&
		my "$DATABASE" -e "CREATE TABLE held (i INT)" &&
		{ my "$DATABASE" -e "LOCK TABLES held WRITE;
			DO SLEEP(600)" & } &&
		wait_until is_running "DO SLEEP%" &&
		holder=$(running_id "DO SLEEP%") &&
		make_migration 0001_slow "ALTER TABLE held ADD j INT;" "" &&
		{ git migrate apply --lock-timeout=600 >../first 2>&1 & } &&
		first=$! &&
		wait_until is_running "ALTER TABLE held%" &&
		test_expect_code 1 git migrate apply --no-wait 2>err &&
		test_grep "another run is at work.*connection [0-9]* of root@" \
			err &&
		: >err && { git migrate apply >out 2>err & } && second=$! &&
		wait_until grep "waiting for another run: connection" err &&
		my -e "KILL $holder" && wait "$first" && wait "$second"
	)
'

test_done
