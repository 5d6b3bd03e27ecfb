#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='how often PostgreSQL is asked, and what is sent to it ahead'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

pg_proxy || exit 1

# trips: how often the client has waited for the server since it connected.
trips() {
	grep -c -e "^Query" -e "^Sync" -e "^Flush" "$PROXY_DIR/messages"
}

# run_apply [OPTION…]: through the proxy, with its messages alone.
run_apply() {
	: >"$PROXY_DIR/messages" &&
	git migrate apply --url "$PROXY_URL" "$@"
}

test_expect_success 'a migration is one round trip, history and all' - <<\EOT
	for n in $(seq 101 105)
	do
		make_migration 0${n}_m "CREATE TABLE m$n (id int);
INSERT INTO m$n VALUES (1); ALTER TABLE m$n ADD name text;" "" || return 1
	done &&
	git add -A && git commit -q -m five &&
	run_apply --count=1 && run_apply --count=1 && trips >few &&
	run_apply && trips >three &&
	cat few three &&
	test "$(cat three)" = "$(($(cat few) + 2))" &&
	test "$(pg "SELECT count(*) FROM git_migrate_history h
		JOIN git_migrate_log l ON l.entry = h.source_entry
		WHERE action = 'apply' AND source IS NOT NULL
		AND state = 'applied'")" = 5
EOT

test_expect_success 'each statement is a message, its values bound' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);
INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);" "" &&
	run_apply &&
	grep -c "^Parse INSERT INTO a" "$PROXY_DIR/messages" >count &&
	test "$(cat count)" = 2 &&
	test_grep "^Parse INSERT INTO .*git_migrate_history VALUES (.1, .2" \
		"$PROXY_DIR/messages" &&
	test_grep ! "0001_a" "$PROXY_DIR/messages"
EOT

test_expect_success 'in the journal a statement is one, its row too' - <<\EOT
	pg "CREATE TABLE j (id int)" &&
	for n in 2 3
	do
		{ echo "-- migrate:up transaction:false" &&
		seq "$n" | sed "s/.*/INSERT INTO j VALUES (&);/"; } \
			>"migrations/001${n}_j.sql" &&
		run_apply && trips >trips$n || return 1
	done &&
	cat trips2 trips3 &&
	test "$(cat trips3)" = "$(($(cat trips2) + 2))" &&
	for n in 2 3
	do
		{ printf "%s\n" "-- migrate:up transaction:false" "BEGIN;" &&
		seq "$n" | sed "s/.*/INSERT INTO j VALUES (&);/" &&
		echo "COMMIT;"; } >"migrations/002${n}_j.sql" &&
		run_apply && trips >trips$n || return 1
	done &&
	cat trips2 trips3 &&
	test "$(cat trips3)" = "$(($(cat trips2) + 1))"
EOT

test_expect_success 'with nothing to do it asks five times at most' - <<\EOT
	run_apply >out &&
	test_grep "nothing to apply" out &&
	trips >count &&
	test "$(cat count)" -le 5
EOT

test_expect_success 'nothing runs behind a statement that fails' - <<\EOT
	fresh_project &&
	make_table 0001_a a && make_table 0002_b b &&
	cat >migrations/0003_c.sql <<-\END &&
	-- migrate:up
	CREATE TABLE c (id int);
	-- ü
	INSERT INTO c VALUES (1), ('ü',
		nowhere);
	SELECT pg_sleep(100);
	END
	make_table 0004_d d && make_table 0005_e e &&
	test_expect_code 128 git migrate apply >out 2>err &&
	test_grep "^applied 0002_b" out &&
	test_grep "0003_c.sql:5:1: column .nowhere. does not exist" err &&
	test "$(pg "SELECT string_agg(id, ' ' ORDER BY id)
		FROM git_migrate_history")" = "0001_a 0002_b" &&
	test "$(pg "SELECT string_agg(relname::text, ' ' ORDER BY relname)
		FROM pg_class WHERE relkind = 'r'
		AND relnamespace = 'public'::regnamespace
		AND relname NOT LIKE 'git%'")" = "a b" &&
	test "$(pg "SELECT id FROM git_migrate_log
		WHERE action = 'failure'")" = 0003_c &&
	echo "-- migrate:up" >migrations/0003_c.sql &&
	git migrate apply && git migrate apply >out &&
	test_grep "nothing to apply" out
EOT

test_expect_success 'a refused commit is a failure of its migration' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);" "" &&
	make_migration 0002_b "INSERT INTO b VALUES (7);" "" &&
	make_table 0003_c c &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "^fatal: .*/0002_b.sql: at its commit: .*violates" err &&
	test_grep "(a)=(7) is not present" err &&
	test "$(pg "SELECT max(id) FROM git_migrate_history")" = 0001_a &&
	printf "%s\n" "-- migrate:verify" "SELECT true;" \
		>>migrations/0002_b.sql &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "^fatal: .*/0002_b.sql: at its commit: .*violates" err &&
	test "$(pg "SELECT max(id) FROM git_migrate_history")" = 0001_a
EOT

test_expect_success 'COPY, verify and journals run between the others' - <<\EOT
	fresh_project &&
	make_table 0001_a a &&
	printf "%s\n" "-- migrate:up" "COPY a FROM stdin;" "1" "2" "\\." \
		>migrations/0002_copy.sql &&
	make_table 0003_c c &&
	make_migration 0004_d "INSERT INTO c VALUES (1);
-- migrate:verify
SELECT count(*) = 1 FROM c;" "" &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"CREATE INDEX CONCURRENTLY a_id ON a (id);" "VACUUM a;" \
		>migrations/0005_index.sql &&
	printf "%s\n" "-- migrate:up" "COPY a TO stdout;" "SELECT 1;" \
		>migrations/0006_copy.sql &&
	make_table 0007_g g &&
	git migrate apply >out 2>&1 &&
	test_grep "^applied 0007_g" out &&
	test "$(pg "SELECT count(*) FROM git_migrate_history
		WHERE state = 'applied'")" = 7 &&
	test "$(pg "SELECT sum(id) FROM a")" = 3
EOT

test_expect_success 'the history says how long each took' - <<\EOT
	fresh_project &&
	make_migration 0001_a "SELECT pg_sleep(0.3);" "" &&
	make_table 0002_b b &&
	git migrate apply &&
	test "$(pg "SELECT duration_ms BETWEEN 300 AND 100000
		FROM git_migrate_history WHERE id = '0001_a'")" = t
EOT

test_expect_success 'what a migration prepares or discards is its own' - <<\EOT
	fresh_project &&
	make_table 0001_a a &&
	make_migration 0002_b "PREPARE mine AS SELECT 1; DEALLOCATE ALL;" "" &&
	make_migration 0003_c "DO \$\$ BEGIN EXECUTE 'DEALLOCATE ALL';
END \$\$;" "" &&
	make_migration 0004_d "PREPARE mine AS SELECT 2;" "" &&
	make_migration 0005_e "PREPARE mine AS SELECT 3;" "" &&
	make_table 0006_f f &&
	git migrate apply &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 6
EOT

# commit_cut WHEN N: a run whose connection is cut at the Nth commit.
commit_cut() {
	echo "$1 $2" >"$PROXY_DIR/cut" &&
	git migrate apply --url "$PROXY_URL" >out 2>err
	cut_status=$?
	test_path_is_missing "$PROXY_DIR/cut"
}

# applied_once: whatever became of the first run, a second one does the rest,
# and each migration has run once.
applied_once() {
	git migrate apply >>out 2>&1 &&
	pg "SELECT sum(n), count(*) FROM runs" >actual &&
	echo "6|6" >expect &&
	test_cmp expect actual &&
	test "$(pg "SELECT count(*) FROM git_migrate_log
		WHERE action = 'apply'")" = 7
}

start_cut() {
	fresh_project &&
	make_migration 0000_runs "CREATE TABLE runs (n int, id int);" "" &&
	for n in 1 2 3 4 5 6
	do
		make_migration "000${n}_m" "INSERT INTO runs
			VALUES (1, $n);" "" || return 1
	done &&
	git migrate apply --to 0000_runs
}

for when in before during after
do
	for n in 1 2 4 6
	do
		test_expect_success "a cut $when commit $n: none runs twice" '
			start_cut && commit_cut $when $n && applied_once
		'
	done
done

test_expect_success 'an answer that is lost is looked up, and the run goes on' '
	start_cut &&
	commit_cut after 3 &&
	test "$cut_status" = 0 &&
	test_line_count = 6 out &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 7
'

test_expect_success 'a commit that never arrived is told, and not assumed' '
	start_cut &&
	commit_cut before 1 &&
	test "$cut_status" = 128 &&
	test_grep "0001_m. was not committed" err &&
	test_grep "run it again" err
'

test_expect_success 'a cut over one that has to run alone is looked up too' '
	for when in before during after
	do
		start_cut &&
		make_migration 0001_m "INSERT INTO runs VALUES (1, 1);
-- migrate:verify
SELECT true;" "" &&
		commit_cut $when 1 && applied_once || return 1
	done
'

test_done
