#!/bin/sh
test_description='sessions, locks and two runs at once on PostgreSQL'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

test_expect_success 'what a migration leaves in its session is gone' - <<\EOT
	make_migration 0001_dump "SELECT pg_catalog.set_config(
	'search_path', '', false);
SET standard_conforming_strings = off; SET statement_timeout = '1h';
CREATE TEMP TABLE users (id int); CREATE TABLE public.users (id int);" "" &&
	make_migration 0002_plain "CREATE TABLE posts AS SELECT
current_setting('statement_timeout') AS t, to_regclass('pg_temp.users') AS r;" \
		"" &&
	git migrate apply &&
	test "$(pg "SELECT t, r FROM posts")" = "0|" &&
	git migrate status --porcelain >out &&
	test_grep "^applied	0002_plain" out
EOT

test_expect_success 'nor does what a trigger leaves' - <<\EOT
	fresh_project &&
	pg "CREATE ROLE ${PG_DB}_low; CREATE TABLE t (id int);
		GRANT ALL ON SCHEMA public TO ${PG_DB}_low;
		CREATE FUNCTION leave() RETURNS trigger
		LANGUAGE plpgsql AS \$\$
		BEGIN
			PERFORM set_config('search_path', '', false);
			SET lock_timeout = '1h';
			SET work_mem = '7MB';
			EXECUTE 'CREATE TEMP TABLE users (id int)';
			PERFORM public.noise();
			EXECUTE 'LISTEN channel';
			RETURN NEW;
		END \$\$;
		CREATE FUNCTION noise() RETURNS void LANGUAGE plpgsql AS \$\$
		BEGIN EXECUTE 'SET ROLE ${PG_DB}_low'; END \$\$;
		CREATE TRIGGER t BEFORE INSERT ON t
		FOR EACH ROW EXECUTE FUNCTION leave()" &&
	for n in 1 2
	do
		make_migration 000${n}_leave "INSERT INTO t VALUES ($n);" "" &&
		make_migration 000${n}_look "CREATE TABLE seen$n AS VALUES
(current_setting('search_path'), current_setting('lock_timeout'),
current_setting('work_mem'), current_user::text,
coalesce(to_regclass('pg_temp.users')::text, 'none'));" "" &&
		make_migration 000${n}_more "CREATE TABLE heard$n AS
SELECT count(*) FROM pg_listening_channels();" "" || return 1
	done &&
	git migrate apply --lock-timeout=3 &&
	echo '"$user", public|3s|4MB|postgres|none|0' >expect &&
	pg "SELECT * FROM seen1, heard1" >actual && test_cmp expect actual &&
	pg "SELECT * FROM seen2, heard2" >actual && test_cmp expect actual
EOT

test_expect_success 'nor what one leaves that runs at the commit' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (id int);
		CREATE FUNCTION leave() RETURNS trigger
		LANGUAGE plpgsql AS \$\$
		BEGIN
			PERFORM set_config('search_path', '', false);
			RETURN NULL;
		END \$\$;
		CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t
		DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION leave()" &&
	make_migration 0001_leave "INSERT INTO t VALUES (1);" "" &&
	make_migration 0002_b "CREATE TABLE b (id int);" "DROP TABLE b;" &&
	make_migration 0003_leave "INSERT INTO t VALUES (1);" \
		"INSERT INTO t VALUES (2);" &&
	git migrate apply &&
	pg "SELECT * FROM public.b" &&
	git migrate rollback -c 2
EOT

test_expect_success 'a role that a migration takes on does not stay' - <<\EOT
	fresh_project &&
	pg "CREATE ROLE ${PG_DB}_weak; GRANT CREATE ON SCHEMA public
		TO ${PG_DB}_weak" &&
	make_migration 0001_a "SET ROLE ${PG_DB}_weak;
CREATE TABLE a (id int);" "" &&
	make_migration 0002_b "CREATE TABLE b AS SELECT current_user::text u;" \
		"" &&
	git migrate apply &&
	test "$(pg "SELECT u FROM b")" = postgres
EOT

test_expect_success 'nor where all of them are one transaction' - <<\EOT
	fresh_project &&
	pg "CREATE ROLE ${PG_DB}_lower; GRANT ALL ON SCHEMA public
		TO ${PG_DB}_lower" &&
	make_migration 0001_a "SELECT set_config('search_path', '', false);
CREATE TEMP TABLE b (id int); CREATE TABLE public.a (id int);
SET work_mem = '7MB'; SET ROLE ${PG_DB}_lower;" "DROP TABLE public.a;
SET search_path = ''; SET ROLE ${PG_DB}_lower;" &&
	make_migration 0002_b "CREATE TABLE b AS SELECT current_user::text u,
current_setting('work_mem') AS w; SET ROLE ${PG_DB}_lower;" "DROP TABLE b;
SET search_path = ''; SET ROLE ${PG_DB}_lower;" &&
	git migrate apply --single-transaction &&
	test "$(pg "SELECT * FROM public.b")" = "postgres|4MB" &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 2 &&
	git migrate rollback --all --single-transaction &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 0 &&
	git migrate plan >plan.sql &&
	psql -Xq -v ON_ERROR_STOP=1 -f plan.sql "$DATABASE_URL" &&
	test "$(pg "SELECT * FROM public.b")" = "postgres|4MB" &&
	git migrate plan --rollback --all >plan.sql &&
	psql -Xq -v ON_ERROR_STOP=1 -f plan.sql "$DATABASE_URL" &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 0
EOT

test_expect_success 'no encoding or setting reaches a row of a script' - <<\EOT
	fresh_project && git config user.name "Žofie Ø" &&
	make_migration 0001_a "CREATE TABLE a (t text);" \
		"DROP TABLE a; SET client_encoding = 'LATIN1';" &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"INSERT INTO a VALUES ('Ž');" \
		"SET client_encoding = 'LATIN1';" \
		"SET standard_conforming_strings = off;" \
		"-- migrate:down transaction:false" "DELETE FROM a;" \
		"SET default_transaction_read_only = on;" \
		>migrations/0002_b.sql &&
	make_migration 0003_c "INSERT INTO a VALUES ('a\\b');" \
		"DELETE FROM a WHERE t = 'a\\b';
SET client_encoding = 'LATIN1';" &&
	printf "%s\n" "-- migrate:up" "COPY a FROM stdin;" "x;" "\\." \
		"-- migrate:down" "DELETE FROM a WHERE t = 'x;';" \
		>migrations/0004_copy.sql &&
	run() {
		PGCLIENTENCODING=LATIN1 psql -Xq -v ON_ERROR_STOP=1 \
			-f "$1" "$DATABASE_URL"
	} &&
	git migrate plan >plan.sql && run plan.sql &&
	test "$(pg "SELECT string_agg(t, ' ') FROM a")" = 'Ž a\b x;' &&
	git migrate plan --rollback --all >back.sql && run back.sql &&
	test "$(pg "SELECT count(*) FROM git_migrate_log
		WHERE logged_by NOT LIKE 'Žofie Ø <%'")" = 0 &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 0
EOT

test_expect_success 'no role of a migration reaches the journal' - <<\EOT
	fresh_project &&
	pg "CREATE ROLE ${PG_DB}_none" &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"SET SESSION AUTHORIZATION ${PG_DB}_none;" "SELECT 1;" \
		"SET default_transaction_read_only = on;" "SELECT 2;" \
		"SELECT pg_catalog.set_config('search_path', '', false);" \
		>migrations/0001_role.sql &&
	make_migration 0002_b "CREATE TABLE b AS SELECT session_user::text u;" \
		"" &&
	git migrate apply &&
	test "$(pg "SELECT statements_done FROM git_migrate_history
		WHERE id = '0001_role'")" = 5 &&
	test "$(pg "SELECT u FROM b")" = postgres &&
	printf "%s\n" "-- migrate:up transaction:false" "SELECT 1;" \
		"SET ROLE ${PG_DB}_none;" "CREATE TABLE c (id int);" \
		>migrations/0003_c.sql &&
	test_must_fail git migrate apply 2>err &&
	test_grep "0003_c.sql:4:.*permission denied" err &&
	test "$(pg "SELECT state || statements_done FROM git_migrate_history
		WHERE id = '0003_c'")" = failed2
EOT

# make_role NAME TRIGGER: a role of the database's own, and a table whose
# trigger does that to the session.
make_role() {
	pg "CREATE ROLE ${PG_DB}_$1; CREATE TABLE t (id int);
		GRANT ALL ON t TO ${PG_DB}_$1;
		CREATE FUNCTION take_on() RETURNS trigger
		LANGUAGE plpgsql AS \$\$ BEGIN $2; RETURN NEW; END \$\$;
		CREATE TRIGGER t BEFORE INSERT ON t
		FOR EACH ROW EXECUTE FUNCTION take_on()"
}

# make_inserts ID STATEMENT…: a migration without a transaction of ours.
make_inserts() {
	inserts_id=$1
	shift
	printf "%s\n" "-- migrate:up transaction:false" "$@" \
		>"migrations/$inserts_id.sql"
}

for what in "SET ROLE ROLE" "SET SESSION AUTHORIZATION ROLE" \
	"SET default_transaction_read_only = on"
do
	# shellcheck disable=SC2034 # the body uses it
	TRIGGER=$(echo "$what" | sed "s/ROLE\$/${PG_DB}_taken/")
	test_expect_success "nor does '$what' of a trigger" - <<\EOT
		fresh_project &&
		test_when_finished "pg \"DROP OWNED BY ${PG_DB}_taken;
			DROP ROLE ${PG_DB}_taken\"" &&
		make_role taken "EXECUTE '$TRIGGER'" &&
		make_inserts 0001_a "INSERT INTO t VALUES (1);" "SELECT 1;" \
			"SELECT 2;" &&
		git migrate apply &&
		test "$(pg "SELECT statements_done FROM git_migrate_history
			WHERE id = '0001_a'")" = 3 &&
		make_inserts 0002_b "SELECT 1;" "INSERT INTO t VALUES (2);" \
			"SELECT 1 / 0;" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "0002_b.sql:4:.*division by zero" err &&
		test_grep "2 of 3 statements are done" err &&
		test "$(pg "SELECT state || statements_done
			FROM git_migrate_history
			WHERE id = '0002_b'")" = failed2
EOT
done

test_expect_success 'nor a role that sees no rows of the history' - <<\EOT
	fresh_project &&
	make_role blind "EXECUTE 'SET ROLE ${PG_DB}_blind'" &&
	make_table 0001_a a && git migrate apply &&
	pg "GRANT ALL ON ALL TABLES IN SCHEMA public TO ${PG_DB}_blind;
		ALTER TABLE git_migrate_history ENABLE ROW LEVEL SECURITY;
		CREATE FUNCTION done() RETURNS int LANGUAGE sql
		SECURITY DEFINER AS \$\$ SELECT statements_done
		FROM git_migrate_history WHERE id = '0002_b' \$\$" &&
	make_inserts 0002_b "INSERT INTO t VALUES (2);" "SELECT 1 / done();" \
		"SELECT 1 / (done() - 1);" &&
	git migrate apply
EOT

test_expect_success 'what a trigger leaves stays for what is behind' - <<\EOT
	fresh_project &&
	make_role kept "EXECUTE 'SET ROLE ${PG_DB}_kept'" &&
	make_inserts 0001_a "INSERT INTO t VALUES (1);" \
		"INSERT INTO t SELECT 2 WHERE current_user <> 'postgres';" \
		"INSERT INTO t SELECT 3 WHERE current_user <> 'postgres';" &&
	git migrate apply &&
	test "$(pg "SELECT count(*) FROM t")" = 3
EOT

test_expect_success 'a role taken on in a transaction of its own' - <<\EOT
	fresh_project &&
	make_role inner "EXECUTE 'SET ROLE ${PG_DB}_inner'" &&
	make_inserts 0001_a "BEGIN;" "CREATE TABLE a (id int);" \
		"SET LOCAL ROLE ${PG_DB}_inner;" "INSERT INTO t VALUES (1);" \
		"COMMIT;" &&
	make_inserts 0002_b "BEGIN;" "CREATE TABLE b (id int);" \
		"INSERT INTO t VALUES (2);" "COMMIT;" "SELECT 1;" &&
	timeout 300 git migrate apply --lock-timeout=2 &&
	test "$(pg "SELECT string_agg(state || statements_done, ' ')
		FROM git_migrate_history")" = "applied5 applied5" &&
	test "$(pg "SELECT count(*) FROM t")" = 2
EOT

test_expect_success 'a transaction of its own is set up as it likes' - <<\EOT
	fresh_project &&
	make_inserts 0001_a "BEGIN;" \
		"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;" \
		"CREATE TABLE a AS
			SELECT current_setting('transaction_isolation') t;" \
		"COMMIT;" "BEGIN READ ONLY;" "SELECT * FROM a;" "END;" &&
	git migrate apply &&
	test "$(pg "SELECT t FROM a")" = serializable &&
	test "$(pg "SELECT state || statements_done
		FROM git_migrate_history")" = applied7
EOT

test_expect_success '--continue goes on in the session that was set' - <<\EOT
	fresh_project &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"CREATE SCHEMA o; SET search_path = o;" \
		"CREATE TABLE a (i int);" \
		"CREATE TABLE b (i intt);" >migrations/0001_a.sql &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "3 of 4 statements are done" err &&
	sed "s/intt/int/" migrations/0001_a.sql >new &&
	mv new migrations/0001_a.sql &&
	git migrate apply --continue &&
	pg "SELECT * FROM o.b"
EOT

test_expect_success 'what pg_dump wrote is a first migration' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (id serial PRIMARY KEY, name text);
		INSERT INTO t (name) VALUES ('a;b'), (E'c\\\\td'), (NULL);
		CREATE VIEW v AS SELECT name FROM t;
		CREATE FUNCTION f() RETURNS int LANGUAGE sql
			AS \$\$ SELECT 1; \$\$" &&
	{ echo "-- migrate:up" && pg_dump "$DATABASE_URL" |
		sed "/^\\\\\\(un\\)\\{0,1\\}restrict/d"; } >dump &&
	pg_dump "$DATABASE_URL" | grep -v restrict >before &&
	cp dump "$TRASH/dump" && cp before "$TRASH/before" &&
	fresh_project &&
	cp "$TRASH/dump" migrations/0001_dump.sql &&
	make_migration 0002_more "CREATE TABLE more (id int);" \
		"DROP TABLE more;" &&
	git migrate apply && git migrate rollback &&
	pg_dump -T "git_migrate_*" "$DATABASE_URL" | grep -v restrict >after &&
	test_cmp "$TRASH/before" after
EOT

test_expect_success 'the history lives in the schema that is named' - <<\EOT
	fresh_project &&
	git config migrate.table infra.git_migrate &&
	make_migration 0001_a "CREATE TABLE a (id int);" "DROP TABLE a;" &&
	test_must_fail git migrate apply 2>err &&
	test_grep "schema .infra. does not exist" err &&
	test_grep "^hint: .*CREATE SCHEMA infra$" err &&
	pg "CREATE SCHEMA infra" &&
	git migrate apply &&
	test "$(pg "SELECT id FROM infra.git_migrate_history")" = 0001_a &&
	git migrate rollback &&
	test "$(pg "SELECT count(*) FROM infra.git_migrate_history")" = 0
EOT

test_expect_success 'a search_path that hides the history is found out' - <<\EOT
	fresh_project &&
	pg "CREATE SCHEMA app; CREATE SCHEMA other" &&
	pg "ALTER DATABASE $PG_DB SET search_path = app, public" &&
	make_migration 0001_a "CREATE TABLE a AS SELECT 1 AS n;" \
		"DROP TABLE a;" &&
	git migrate apply &&
	for path in "other, public" "''" "nowhere"
	do
		pg "ALTER DATABASE $PG_DB SET search_path = $path" &&
		for command in status apply "rollback --all" "fake --all" plan
		do
			test_expect_code 128 git migrate $command 2>err &&
			test_grep "^fatal: .* in the schema .app" err &&
			test_grep "^hint: .* migrate.table app.git_mi" err ||
				return 1
		done || return 1
	done &&
	test "$(pg "SELECT count(*) FROM pg_class
		WHERE relname = 'git_migrate_history'")" = 1 &&
	git config migrate.table app.git_migrate &&
	git migrate status --exit-code &&
	pg "ALTER DATABASE $PG_DB SET search_path = app" &&
	git migrate rollback
EOT

test_expect_success 'two projects in two schemas of one database' - <<\EOT
	fresh_project &&
	pg "CREATE SCHEMA one; CREATE SCHEMA two; CREATE SCHEMA three;
		CREATE TABLE three.git_migrate_history (id int)" &&
	make_table 0001_a a &&
	git migrate apply --url "$DATABASE_URL?options=-csearch_path%3Done" &&
	two=$DATABASE_URL?options=-csearch_path%3Dtwo &&
	test_expect_code 128 git migrate apply --url "$two" 2>err &&
	test_grep "^hint: .*another.* git config migrate.table two.git" err &&
	git config migrate.table two.git_migrate &&
	git migrate plan --url "$two" >plan.sql &&
	psql -Xq -v ON_ERROR_STOP=1 -f plan.sql "$DATABASE_URL" &&
	pg "TABLE two.a" &&
	git migrate status --exit-code --url "$two" &&
	make_table 0002_b b &&
	git migrate apply --url "$two" && pg "TABLE two.b" &&
	rm migrations/0002_b.sql && pg "DROP TABLE two.b;
		DELETE FROM two.git_migrate_history WHERE id = '0002_b'" &&
	git config --unset migrate.table &&
	git migrate status --exit-code --url "$two" &&
	git migrate status --exit-code \
		--url "$DATABASE_URL?options=-csearch_path%3Done"
EOT

test_expect_success 'two runs over CONCURRENTLYs do not wait in a ring' - <<\EOT
	fresh_project &&
	make_migration 0001_t "CREATE TABLE t AS SELECT n, n * 2 AS m
FROM generate_series(1, 50000) n;" "" &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"CREATE INDEX CONCURRENTLY t_n ON t (n);" \
		"CREATE INDEX CONCURRENTLY t_m ON t (m);" \
		>migrations/0002_index.sql &&
	{ git migrate apply >one 2>&1 & one=$!; } &&
	git migrate apply >two 2>&1 &&
	wait "$one" &&
	test "$(pg "SELECT count(*) FROM pg_index i JOIN pg_class c
		ON c.oid = i.indexrelid
		WHERE c.relname IN ('t_n', 't_m') AND indisvalid")" = 2 &&
	test "$(cat one two | grep -c "^applied 0002_index")" = 1
EOT

test_expect_success 'an index that a failure leaves behind is named' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)" &&
	make_inserts 0001_u "-- beside the others" \
		"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u
			ON t (id);" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "could not create unique index" err &&
	test_grep "^hint: .*DROP INDEX CONCURRENTLY IF EXISTS u," err &&
	test "$(pg "SELECT indisvalid FROM pg_index i JOIN pg_class c
		ON c.oid = i.indexrelid WHERE relname = 'u'")" = f &&
	pg "DROP INDEX CONCURRENTLY IF EXISTS u" && pg "DELETE FROM t" &&
	git migrate apply --continue &&
	make_inserts 0002_v "CREATE INDEX CONCURRENTLY ON nowhere (id);" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep ! "not valid" err &&
	pg "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql
		AS \$\$ BEGIN PERFORM pg_sleep(60); RETURN 1; END \$\$;
		INSERT INTO t VALUES (1)" &&
	git migrate apply --abort &&
	make_inserts 0002_v "CREATE INDEX CONCURRENTLY ON t (slow(id));" &&
	{ git-migrate apply >out 2>err & run=$!; } &&
	pg_until_session "wait_event = 'PgSleep'
		AND query LIKE 'CREATE INDEX CONCURRENTLY ON t%'" &&
	kill -TERM "$run" &&
	test_expect_code 128 wait "$run" &&
	test_grep "^hint: an index that is not valid .*d TABLE names it" err
EOT

test_expect_success 'eight at once apply each migration once' - <<\EOT
	fresh_project &&
	for n in 1 2 3 4 5 6
	do
		make_migration 000${n}_m "CREATE TABLE m$n (id int);
INSERT INTO m$n VALUES (1);" "" || return 1
	done &&
	runs= &&
	for n in 1 2 3 4 5 6 7 8
	do
		git migrate apply >out$n 2>&1 &
		runs="$runs $!"
	done &&
	for run in $runs
	do
		wait "$run" || { cat out?; return 1; }
	done &&
	test "$(pg "SELECT count(*) FROM git_migrate_log
		WHERE action = 'apply'")" = 6 &&
	test "$(cat out? | grep -c "^applied")" = 6
EOT

test_expect_success 'a run that waits for a lock says for whom' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (id int)" &&
	make_migration 0001_a "CREATE TABLE a (id int);
ALTER TABLE t ADD name text;" "" &&
	pg_hold "SELECT count(*) FROM t;" &&
	test_when_finished pg_release &&
	test_expect_code 1 git migrate apply --lock-timeout=0.2 2>err &&
	test_grep "0001_a.sql:3.*held a lock for more than 0.200 s" err &&
	test_grep "'postgres' (holder, process [0-9]* at 127.0.0.1), in" err &&
	test_grep "in a transaction since [0-9-]* [0-9:]* UTC: SELECT" err &&
	test_grep "trying again (3 of 3)" err &&
	test_grep "^hint: .*wait longer with --lock-timeout=SECONDS" err &&
	test "$(pg "SELECT to_regclass('a') IS NULL")" = t
EOT

test_expect_success 'a lock_timeout of the file is not called ours' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (id int)" &&
	make_migration 0001_a "SET lock_timeout = '50ms';
ALTER TABLE t ADD name text;" "" &&
	pg_hold "SELECT count(*) FROM t;" &&
	test_when_finished pg_release &&
	test_expect_code 1 git migrate apply 2>err &&
	test_grep "a.sql:3:1: .* held a lock for more than lock_timeout" err &&
	test_grep "^hint: where the migration sets lock_timeout itself" err
EOT

test_expect_success 'a lock in a transaction of its own is named too' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (id int)" &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"BEGIN; INSERT INTO t VALUES (1);" \
		"ALTER TABLE t ADD x int; COMMIT;" >migrations/0001_a.sql &&
	pg_hold "SELECT count(*) FROM t;" &&
	test_when_finished pg_release &&
	test_expect_code 1 git migrate apply --lock-timeout=0.2 2>err &&
	test_grep "^error: .*0001_a.sql:3:1: .* for more than 0.200 s" err &&
	test_grep "^hint: it was .postgres. (holder, process" err &&
	git migrate status --porcelain >out &&
	test_grep "^pending.0001_a" out
EOT

test_expect_success 'a run takes over when the lock is free in time' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE t (id int)" &&
	make_migration 0001_a "ALTER TABLE t ADD name text;" "" &&
	pg_hold "SELECT count(*) FROM t;" &&
	{ git migrate apply --lock-timeout=0 >out 2>&1 8>&- & run=$!; } &&
	pg_until_session "wait_event_type = 'Lock' AND query LIKE 'ALTER%'" &&
	pg_release && wait "$run" &&
	test "$(pg "SELECT state FROM git_migrate_history")" = applied
EOT

test_expect_success 'a connection that is cut leaves nothing behind' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);
SELECT pg_sleep(60);" "" &&
	{ git-migrate apply >out 2>err & run=$!; } &&
	pg_until_session "wait_event = 'PgSleep'" &&
	pg "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database()
		AND wait_event = 'PgSleep'" &&
	test_expect_code 128 wait "$run" &&
	test_grep "connection to the database was lost" err &&
	test_grep "^hint: nothing of it is left: run it again" err &&
	test "$(pg "SELECT to_regclass('a') IS NULL")" = t &&
	make_migration 0001_a "CREATE TABLE a (id int);" "" &&
	git migrate apply
EOT

test_expect_success 'an interrupt ends the statement on the server' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);
SELECT pg_sleep(60);" "" &&
	{ git-migrate apply >out 2>err & run=$!; } &&
	pg_until_session "wait_event = 'PgSleep'" &&
	kill -TERM "$run" &&
	test_expect_code 128 wait "$run" &&
	test_grep "interrupted" err &&
	test "$(pg "SELECT to_regclass('a') IS NULL")" = t
EOT

test_expect_success 'a role without rights is told what it lacks' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);" "" &&
	pg "CREATE ROLE ${PG_DB}_poor LOGIN" &&
	test_must_fail git migrate apply --url \
		"postgres://${PG_DB}_poor@127.0.0.1:$PG_PORT/$PG_DB" 2>err &&
	test_grep "permission denied for schema public" err &&
	test_grep "hint: connected as '${PG_DB}_poor'" err &&
	test_grep "hint: GRANT USAGE, CREATE ON SCHEMA public TO" err
EOT

test_expect_success 'a search_path that leads nowhere is named' - <<\EOT
	fresh_project &&
	make_table 0001_a a &&
	for path in "''" nowhere
	do
		pg "ALTER DATABASE $PG_DB SET search_path = $path" &&
		test_must_fail git migrate apply 2>err &&
		test_grep "no schema has been selected" err &&
		test_grep "^hint: search_path names no schema" err || return 1
	done
EOT

test_expect_success 'a timeout that ends a migration is named' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);
SELECT pg_sleep(60);" "" &&
	pg "ALTER DATABASE $PG_DB SET statement_timeout = '3s'" &&
	test_must_fail git migrate apply 2>err &&
	test_grep "0001_a.sql:3:1: .*due to statement timeout" err &&
	test_grep "^hint: statement_timeout is set" err &&
	test "$(pg "SELECT to_regclass('a') IS NULL")" = t &&
	make_migration 0001_a "SET statement_timeout = 0;
CREATE TABLE a (id int);
SELECT pg_sleep(3.5);" "" &&
	git migrate apply
EOT

test_expect_success 'a character that the database lacks is named' - <<\EOT
	fresh_project &&
	pg postgres "CREATE DATABASE ${PG_DB}_latin ENCODING 'LATIN1'
		TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'" &&
	make_migration 0001_a "CREATE TABLE a AS SELECT 'grün' AS t;" "" &&
	make_migration 0002_b "-- no € there
CREATE TABLE b (id int);" "" &&
	test_must_fail git migrate apply --url "$PG_SERVER/${PG_DB}_latin" \
		2>err &&
	test_grep "^fatal: .*0002_b.*no equivalent in encoding .LATIN1." err &&
	test_grep "^hint: .*encoding lacks, if only in a comment" err &&
	test_line_count = 2 err &&
	test "$(pg "${PG_DB}_latin" "SELECT length(t) FROM a")" = 4
EOT

test_expect_success 'a database that only reads says so' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);" "" &&
	test_must_fail env PGOPTIONS="-c default_transaction_read_only=on" \
		git migrate apply 2>err &&
	test_grep "read-only transaction" err &&
	test_grep "default_transaction_read_only" err &&
	PGOPTIONS="-c default_transaction_read_only=on" \
		git migrate status >out &&
	test_grep "pending *0001_a" out
EOT

test_done
