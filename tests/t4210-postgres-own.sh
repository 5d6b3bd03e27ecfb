#!/bin/sh
test_description='transactions of a migration'\''s own on PostgreSQL'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

# A run that waits for itself would wait for ever.
apply() {
	timeout 300 git migrate apply "$@"
}

# outside ID: the migration of that name holds what follows, and runs without
# a transaction of ours.
outside() {
	{ echo "-- migrate:up transaction:false" && cat; } \
		>"migrations/$1.sql"
}

# has_state ID STATE DONE STARTED: as the history has it.
has_state() {
	test "$(pg "SELECT state, statements_done, statements_started
		FROM git_migrate_history WHERE id = '$1'")" = "$2|$3|$4"
}

# has_rows TABLE NUMBERS: those, and no others, each once.
has_rows() {
	test "$(pg "SELECT string_agg(i::text, ' ' ORDER BY i) FROM $1")" = "$2"
}

test_expect_success 'no row of ours waits for what one sets or locks' - <<\EOT
	pg "CREATE ROLE ${PG_DB}_low; GRANT ALL ON SCHEMA public
		TO ${PG_DB}_low; CREATE TABLE t (i int);
		GRANT ALL ON t TO ${PG_DB}_low" &&
	n=10 &&
	while read -r first
	do
		n=$((n + 1)) &&
		printf "%s\n" "INSERT INTO t VALUES ($n);" "BEGIN;" "$first;" \
			"INSERT INTO t VALUES ($n);" "COMMIT;" \
			"INSERT INTO t VALUES ($n);" |
			outside "00${n}_own" || return 1
	done <<-END &&
	SET LOCAL lock_timeout = '2s'
	SET LOCAL search_path = public
	LOCK TABLE t
	DO \$\$ BEGIN END \$\$
	SELECT set_config('work_mem', '7MB', true)
	PREPARE p$n AS SELECT 1
	LISTEN channel
	CREATE TEMP TABLE temporary (i int)
	DECLARE c CURSOR FOR SELECT 1
	SET CONSTRAINTS ALL DEFERRED
	SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
	SET LOCAL ROLE ${PG_DB}_low
	SET ROLE ${PG_DB}_low
	SAVEPOINT a
	SELECT 1
	END
	apply &&
	git migrate status --exit-code &&
	test "$(pg "SELECT count(*) FROM (SELECT i FROM t GROUP BY i
		HAVING count(*) = 3) s")" = 15
EOT

test_expect_success 'one that only reads' - <<\EOT
	fresh_project &&
	outside 0001_a <<-\END &&
	BEGIN READ ONLY; SELECT 1; COMMIT;
	START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
	SELECT 1; END;
	CREATE TABLE a (i int);
	END
	apply && has_state 0001_a applied 7 7
EOT

test_expect_success 'one that is rolled back, and one that is prepared' - <<\EOT
	fresh_project &&
	outside 0001_a <<-\END &&
	CREATE TABLE a (i int);
	BEGIN; INSERT INTO a VALUES (1); ROLLBACK;
	BEGIN; INSERT INTO a VALUES (2); ABORT AND CHAIN;
	INSERT INTO a VALUES (3); COMMIT;
	END
	apply &&
	has_rows a 3 &&
	outside 0002_b <<-\END &&
	BEGIN; INSERT INTO a VALUES (4); PREPARE TRANSACTION 'x';
	COMMIT PREPARED 'x';
	END
	test_expect_code 128 apply 2>err &&
	test_grep "0002_b.sql:2:34: prepared transactions are disabled" err &&
	has_state 0002_b failed 0 0
EOT

test_expect_success '--continue goes on behind the first of two' - <<\EOT
	fresh_project &&
	outside 0001_a <<-\END &&
	CREATE TABLE a (i int);
	BEGIN; INSERT INTO a VALUES (1); COMMIT;
	BEGIN; SET LOCAL lock_timeout = '2s';
	INSERT INTO a VALUES (2); INSERT INTO late VALUES (1); COMMIT;
	INSERT INTO a VALUES (3);
	END
	test_expect_code 128 apply 2>err &&
	test_grep "0001_a.sql:5:39: .*late" err &&
	test_grep "^hint: 4 of 10 statements are done" err &&
	has_state 0001_a failed 4 4 &&
	pg "CREATE TABLE late (i int)" &&
	apply --continue &&
	has_rows a "1 2 3" &&
	test "$(pg "SELECT count(*) FROM late")" = 1
EOT

test_expect_success 'a commit that begins the next one at once' - <<\EOT
	for role in "SELECT 1" "SET ROLE ${PG_DB}_low"
	do
		fresh_project &&
		pg "GRANT ALL ON SCHEMA public TO ${PG_DB}_low" &&
		outside 0001_a <<-END &&
		$role;
		CREATE TABLE a (i int);
		BEGIN ISOLATION LEVEL SERIALIZABLE;
		INSERT INTO a VALUES (1); COMMIT AND CHAIN;
		INSERT INTO a VALUES (2); ROLLBACK AND CHAIN;
		INSERT INTO a VALUES (3); COMMIT WORK AND CHAIN;
		INSERT INTO a VALUES (4); INSERT INTO late VALUES (1);
		CREATE TABLE level AS
		SELECT current_setting('transaction_isolation') AS level;
		INSERT INTO later VALUES (1); COMMIT;
		END
		test_expect_code 128 apply 2>err &&
		test_grep "0001_a.sql:8:39: .*late" err &&
		test_grep "^hint: 9 of 14 statements are done" err &&
		has_state 0001_a failed 9 9 &&
		pg "CREATE TABLE late (i int); GRANT ALL ON late TO public" &&
		test_expect_code 128 apply --continue 2>err &&
		test_grep "^hint: 9 of 14 statements are done" err &&
		pg "CREATE TABLE later (i int); GRANT ALL ON later TO public" &&
		apply --continue &&
		has_rows a "1 3 4" &&
		test "$(pg "SELECT level FROM level")" = serializable ||
			return 1
	done
EOT

test_expect_success 'a commit that is refused is not tried again' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (i int);
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
		AS \$\$ BEGIN RAISE 'not so' USING ERRCODE = '40001'; END \$\$;
		CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t
		DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION refuse()" &&
	outside 0001_a <<-\END &&
	CREATE TABLE a (i int);
	BEGIN; INSERT INTO t VALUES (1); COMMIT;
	END
	test_must_fail apply 2>err &&
	test_grep "0001_a.sql:3:34: not so" err &&
	has_state 0001_a failed 1 1 &&
	pg "DROP TRIGGER t ON t" &&
	apply --continue &&
	test "$(pg "SELECT count(*) FROM t")" = 1
EOT

# killed_at_sleep: a run that is killed while its session sleeps.
killed_at_sleep() {
	git-migrate apply >out 2>err & run=$!
	pg_until_session "wait_event = 'PgSleep'" &&
	{ kill -9 "$run" && wait "$run"; } 2>/dev/null
	pg "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE wait_event = 'PgSleep'
		AND datname = current_database()" &&
	pg_until_alone
}

test_expect_success 'a run that dies in one leaves nothing in doubt' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE pause AS SELECT 60 AS s" &&
	outside 0001_a <<-\END &&
	BEGIN; CREATE TABLE a (i int); COMMIT;
	BEGIN; SET LOCAL lock_timeout = '2s';
	INSERT INTO a VALUES (1); SELECT pg_sleep(s) FROM pause; COMMIT;
	INSERT INTO a VALUES (2);
	END
	killed_at_sleep && has_state 0001_a applying 3 3 &&
	test_expect_code 1 apply 2>err &&
	test_grep "stopped after 3 of 9 statements" err &&
	pg "UPDATE pause SET s = 0" &&
	apply --continue &&
	has_rows a "1 2"
EOT

test_expect_success 'nor one that dies in a commit' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE pause AS SELECT 60 AS s; CREATE TABLE t (i int);
		CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql
		AS \$\$ BEGIN PERFORM pg_sleep(s) FROM pause;
		RETURN NULL; END \$\$;
		CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t
		DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION doze()" &&
	outside 0001_a <<-\END &&
	BEGIN; INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2);
	END
	killed_at_sleep && has_state 0001_a applying 0 0 &&
	pg "UPDATE pause SET s = 0" &&
	apply --continue &&
	has_rows t "1 2"
EOT

test_expect_success 'a connection that is cut around its commit' - <<\EOT
	pg_proxy &&
	for when in before during after
	do
		fresh_project &&
		pg "CREATE TABLE t (i int)" &&
		outside 0001_a <<-\END &&
		INSERT INTO t VALUES (1);
		BEGIN; SET LOCAL lock_timeout = '2s'; INSERT INTO t VALUES (2);
		COMMIT; INSERT INTO t VALUES (3);
		END
		echo "$when 3" >"$PROXY_DIR/cut" &&
		{ DATABASE_URL=$PROXY_URL apply 2>err; code=$?; } &&
		test "$code" = 128 && test ! -e "$PROXY_DIR/cut" &&
		test_grep "0001_a.sql:4:1: .*connection" err &&
		case $when,$(pg "SELECT state, statements_done,
			statements_started FROM git_migrate_history") in
		before,failed"|1|1" | after,failed"|5|5") ;;
		during,failed"|1|1" | during,failed"|5|5") ;;
		*) return 1 ;;
		esac &&
		apply --continue 2>err &&
		has_rows t "1 2 3" || { cat err; return 1; }
	done
EOT

# It commits a row, and is refused as one that waits for a lock in vain.
halfway='BEGIN INSERT INTO t VALUES (2); COMMIT;
	RAISE EXCEPTION $x$too late$x$ USING ERRCODE = $x$55P03$x$; END'
# shellcheck disable=SC2034 # only a body uses it, which is a string
procedure="CREATE PROCEDURE p() LANGUAGE plpgsql AS \$p\$ $halfway \$p\$"

test_expect_success 'the session for the rows may be cut off' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (i int)" &&
	outside 0001_a <<-\END &&
	SET search_path = public;
	INSERT INTO t VALUES (1);
	SELECT pg_advisory_lock(7);
	INSERT INTO t VALUES (2);
	END
	pg_hold "SELECT pg_advisory_xact_lock(7);" &&
	{ git-migrate apply >out 2>err 8>&- & run=$!; } &&
	pg_until_session "query LIKE 'SELECT pg_advisory_lock(7)%'
		AND wait_event_type = 'Lock'" &&
	test "$(pg "SELECT count(pg_terminate_backend(pid))
		FROM pg_stat_activity WHERE datname = current_database()
		AND state = 'idle' AND pid <> pg_backend_pid()")" = 1 &&
	pg_release && wait "$run" && has_rows t "1 2" &&
	git migrate status --exit-code
EOT

test_expect_success 'what commits on its own is not tried again' - <<\EOT
	for half in "CALL p()" "DO \$d\$ $halfway \$d\$" \
		"DO \$d\$ BEGIN CALL p(); END \$d\$"
	do
		fresh_project &&
		pg "CREATE TABLE t (i int)" && pg "$procedure" &&
		outside 0001_a <<-END &&
		INSERT INTO t VALUES (1); $half; INSERT INTO t VALUES (3);
		END
		test_expect_code 128 apply 2>err &&
		test_grep ! "trying again" err &&
		test_grep "1 of 3 statements are done, and a part of" err &&
		has_rows t "1 2" &&
		test_expect_code 1 apply --continue 2>err &&
		test_grep "nobody knows whether it has happened" err &&
		apply --continue --ran && has_rows t "1 2 3" || return 1
	done
EOT

test_expect_success 'a block that cannot commit has done nothing' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (i int)" &&
	outside 0001_a <<-\END &&
	DO $d$ BEGIN INSERT INTO t VALUES (2); INSERT INTO late VALUES (1);
	END $d$;
	END
	test_expect_code 128 apply 2>err &&
	test_grep "0 of 1 statements are done$" err &&
	pg "CREATE TABLE late (i int)" && apply --continue && has_rows t 2
EOT

test_expect_success 'one that may not in a transaction is told the way' - <<\EOT
	fresh_project &&
	make_migration 0001_a 'DO $d$ BEGIN COMMIT; END $d$;' '' &&
	test_expect_code 128 apply 2>err &&
	test_grep "^hint: .*-- migrate:up transaction:false" err
EOT

test_expect_success 'two runs do what is in one once' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (i int)" &&
	for n in 1 2 3 4
	do
		outside "000${n}_m" <<-END || return 1
		BEGIN; SET LOCAL lock_timeout = '2s';
		INSERT INTO t VALUES ($n); COMMIT AND CHAIN;
		INSERT INTO t VALUES (-$n); COMMIT;
		END
	done &&
	{ apply >one 2>&1 & one=$!; } &&
	apply >two 2>&1 && wait "$one" &&
	test "$(pg "SELECT count(*), count(DISTINCT i) FROM t")" = "8|8" &&
	test "$(cat one two | grep -c "^applied")" = 4
EOT


test_done
