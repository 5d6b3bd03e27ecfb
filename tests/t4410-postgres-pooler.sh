#!/bin/sh
test_description='PostgreSQL behind PgBouncer in transaction mode'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

POOL=$("$GM_TEST_DIR/servers.sh" pgbouncer)
case $? in
0) ;;
77) test_skip_all "PgBouncer is not installed" ;;
*) exit 1 ;;
esac

# behind_pooler: a fresh project whose database is reached through it.
behind_pooler() {
	fresh_project && DATABASE_URL=$POOL/$PG_DB
}

# at_once N: N runs at the same time; outI and statusI are theirs.
at_once() {
	runs=
	for i in $(seq "$1")
	do
		{ git migrate apply >"out$i" 2>&1; echo $? >"status$i"; } &
		runs="$runs $!"
	done
	# shellcheck disable=SC2086 # it is a list
	wait $runs
}

test_expect_success 'the pooler is found out, and said once' - <<\EOT
	behind_pooler &&
	make_table 0001_a a && make_table 0002_b b &&
	git migrate apply >out 2>err &&
	grep -c "through a pooler" err >count && test "$(cat count)" = 1 &&
	test_grep "^applied 0002_b" out &&
	git migrate rollback -c 2 >out 2>err &&
	grep -c "through a pooler" err >count && test "$(cat count)" = 1 &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 0
EOT

test_expect_success 'no lock, no setting stays behind in its sessions' - <<\EOT
	behind_pooler &&
	make_migration 0001_a "SET search_path = ''; SET work_mem = '7MB';
CREATE TEMP TABLE mine (id int); PREPARE mine AS SELECT 1;
CREATE TABLE public.a (id int);" "" &&
	make_migration 0002_b "CREATE TABLE b AS SELECT
current_setting('work_mem') AS w;" "" &&
	git migrate apply &&
	test "$(pg "SELECT count(*) FROM pg_locks l JOIN pg_database d
		ON d.oid = l.database WHERE l.locktype = 'advisory'
		AND d.datname = current_database()")" = 0 &&
	for i in 1 2 3 4 5 6 7 8
	do
		psql -XAtq -d "$DATABASE_URL" -c "SELECT
			current_setting('work_mem'), (SELECT count(*)
			FROM pg_prepared_statements),
			to_regclass('pg_temp.mine'),
			current_setting('search_path')" || return 1
	done >seen &&
	sort -u seen >actual &&
	echo '4MB|0||"$user", public' >expect &&
	test_cmp expect actual
EOT

test_expect_success 'nor does what a trigger leaves' - <<\EOT
	behind_pooler &&
	pg "CREATE TABLE t (id int);
		CREATE FUNCTION leave() RETURNS trigger
		LANGUAGE plpgsql AS \$\$
		BEGIN
			SET work_mem = '7MB';
			EXECUTE 'CREATE TEMP TABLE mine (id int)';
			EXECUTE 'PREPARE mine AS SELECT 1';
			PERFORM pg_advisory_lock(1);
			RETURN NULL;
		END \$\$;
		CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t
		DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION leave()" &&
	make_migration 0001_a "INSERT INTO t VALUES (1);" "" &&
	git migrate apply &&
	for i in 1 2 3 4 5 6 7 8
	do
		psql -XAtq -d "$DATABASE_URL" -c "SELECT
			current_setting('work_mem'), (SELECT count(*)
			FROM pg_prepared_statements),
			to_regclass('pg_temp.mine'), (SELECT count(*)
			FROM pg_locks WHERE locktype = 'advisory'
			AND pid = pg_backend_pid())" || return 1
	done >seen &&
	sort -u seen >actual &&
	echo '4MB|0||0' >expect &&
	test_cmp expect actual
EOT

test_expect_success 'eight at once apply each migration once' - <<\EOT
	behind_pooler &&
	make_migration 0000_runs "CREATE TABLE runs (id int);" "" &&
	for n in 1 2 3 4 5 6 7 8 9
	do
		make_migration 000${n}_m "INSERT INTO runs VALUES ($n);
CREATE TABLE m$n (id int);" "" || return 1
	done &&
	at_once 8 && tail -n 100 out? status? &&
	cat status? >statuses && echo 0 >expect &&
	sort -u statuses >actual && test_cmp expect actual &&
	test "$(pg "SELECT count(*), count(DISTINCT id) FROM runs")" = "9|9" &&
	test "$(pg "SELECT count(*) FROM git_migrate_log
		WHERE action = 'apply'")" = 10 &&
	test "$(cat out? | grep -c "^applied")" = 10
EOT

test_expect_success 'two at once without a transaction: one does it' - <<\EOT
	behind_pooler &&
	make_migration 0001_t "CREATE TABLE t AS SELECT n
FROM generate_series(1, 20000) n;" "" &&
	git migrate apply &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"CREATE INDEX CONCURRENTLY t_n ON t (n);" \
		"CREATE INDEX CONCURRENTLY t_m ON t ((n + 1));" \
		>migrations/0002_index.sql &&
	at_once 2 &&
	cat out1 out2 &&
	test "$(cat out1 out2 | grep -c "^applied 0002_index")" = 1 &&
	test "$(pg "SELECT count(*) FROM pg_index
		WHERE indrelid = 't'::regclass AND indisvalid")" = 2 &&
	test "$(pg "SELECT state FROM git_migrate_history
		WHERE id = '0002_index'")" = applied
EOT

test_expect_success 'a lock that is held is given up on' - <<\EOT
	behind_pooler &&
	pg "CREATE TABLE t (id int)" &&
	make_migration 0001_a "ALTER TABLE t ADD name text;" "" &&
	pg_hold "SELECT count(*) FROM t;" &&
	test_when_finished pg_release &&
	test_expect_code 1 git migrate apply --lock-timeout=0.2 2>err &&
	test_grep "held a lock for more than 0.200 s" err &&
	test_grep "trying again (3 of 3)" err
EOT

test_expect_success 'a run that is at work is named' - <<\EOT
	behind_pooler &&
	pg "CREATE TABLE t (id int)" &&
	make_migration 0001_a "ALTER TABLE t ADD name text;" "" &&
	pg_hold "SELECT count(*) FROM t;" &&
	test_when_finished pg_release &&
	{ git-migrate apply --lock-timeout=0 >out 2>&1 8>&- & } && run=$! &&
	pg_until "SELECT count(*) = 1 FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'" &&
	test_expect_code 1 git migrate apply --no-wait --lock-timeout=0.2 \
		2>err &&
	test_grep "^error: another run is at .0001_a., or the history is lo" \
		err &&
	test_grep "^hint: wait longer for it with --wait=SECONDS" err &&
	test_grep ! "lock-timeout" err &&
	pg_release && wait "$run"
EOT

test_expect_success 'a role that a trigger takes on reaches no row' - <<\EOT
	behind_pooler &&
	pg "CREATE ROLE ${PG_DB}_taken; CREATE TABLE t (id int);
		GRANT ALL ON t TO ${PG_DB}_taken;
		CREATE FUNCTION take_on() RETURNS trigger
		LANGUAGE plpgsql AS \$\$ BEGIN
		EXECUTE 'SET ROLE ${PG_DB}_taken'; RETURN NEW; END \$\$;
		CREATE TRIGGER t BEFORE INSERT ON t
		FOR EACH ROW EXECUTE FUNCTION take_on()" &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"INSERT INTO t VALUES (1);" "SELECT 1;" \
		>migrations/0001_a.sql &&
	git migrate apply &&
	test "$(pg "SELECT state || statements_done
		FROM git_migrate_history")" = applied2
EOT

test_done
