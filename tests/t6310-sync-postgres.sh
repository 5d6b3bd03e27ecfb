#!/bin/sh

test_description='the target becomes what a commit holds, on PostgreSQL'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"
. "$GM_TEST_DIR/lib-sync.sh"

# shellcheck disable=SC2034 # the story has it
URL=$DATABASE_URL

tables_are() {
	test "$(pg "SELECT string_agg(relname, ' ' ORDER BY relname)
		FROM pg_class WHERE relkind = 'r'
		AND relnamespace = 'public'::regnamespace
		AND relname NOT LIKE 'git\\_migrate\\_%'")" = "$*"
}

test_story

test_expect_success 'all of it is one transaction' '
	tables_are tags users &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 3
'

test_expect_success 'one outside a transaction makes it go step by step' '
	git checkout -q -B outside main &&
	make_migration 0002_index \
		"CREATE INDEX CONCURRENTLY by_id ON users (id);" \
		"DROP INDEX by_id;" 0001_users &&
	sed "s/:up/:up transaction:false/" migrations/0002_index.sql >new &&
	mv new migrations/0002_index.sql && test_commit_all index &&
	git migrate sync >out 2>err &&
	test_grep "note: one step after the other.*0002_index" err &&
	tables_are users &&
	git migrate status --exit-code
'

test_expect_success 'what cannot be in one transaction can go step by step' '
	git checkout -q -B values main &&
	make_migration 0002_mood "CREATE TYPE mood AS ENUM (\$\$sad\$\$);
CREATE TABLE moods (mood mood);" "DROP TABLE moods; DROP TYPE mood;" \
		0001_users &&
	git migrate sync &&
	make_migration 0003_glad "ALTER TYPE mood ADD VALUE \$\$glad\$\$;" \
		"SELECT 1;" 0002_mood &&
	make_migration 0004_use "INSERT INTO moods VALUES (\$\$glad\$\$);" \
		"DELETE FROM moods;" 0003_glad &&
	test_must_fail git migrate sync 2>err &&
	test_grep "SQLSTATE 55P04" err &&
	test_grep "hint: .*--no-single-transaction" err &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 2 &&
	git migrate sync --no-single-transaction &&
	git migrate status --exit-code
'

# waiters EXPRESSION: counts it for the sessions that wait for the tests' lock.
waiters() {
	pg "SELECT count($1) FROM pg_stat_activity JOIN pg_locks USING (pid)
		WHERE datname = '$PG_DB' AND locktype = 'advisory'
		AND objid = 4711 AND NOT granted"
}

is_waiting() {
	test "$(waiters pid)" != 0
}

nobody_waits() {
	test "$(waiters pid)" = 0
}

# shellcheck disable=SC2034 # the tests use it
WAIT="SELECT pg_advisory_xact_lock(4711);"

# kill_waiting SYNC-ARGUMENT…: a sync that is killed when it has come to where
# it waits, and whose session the server has forgotten.
kill_waiting() {
	pg_hold "SELECT pg_advisory_lock(4711);" &&
	{ git-migrate sync -q "$@" & } && pid=$! &&
	wait_until is_waiting &&
	{ kill -9 "$pid"; ! wait "$pid"; } 2>/dev/null &&
	waiters "pg_terminate_backend(pid)" >out &&
	wait_until nobody_waits &&
	pg_release
}

# state: what is applied, in order.
state() {
	pg "SELECT string_agg(id, \$\$ \$\$ ORDER BY position)
		FROM git_migrate_history"
}

# waiting_branch NAME UP DOWN: a branch with a migration that waits there.
waiting_branch() {
	git checkout -q -B "$1" main &&
	make_migration 0002_wait "$2" "$3" 0001_users &&
	make_migration 0003_rest "CREATE TABLE rest (id INTEGER);" \
		"DROP TABLE rest;" 0002_wait &&
	test_commit_all "$1"
}

test_expect_success 'branches that wait in an up, in a down and at the end' '
	git clean -q -f -d migrations &&
	waiting_branch up "CREATE TABLE slow (id INTEGER); $WAIT" \
		"DROP TABLE slow;" &&
	waiting_branch down "CREATE TABLE slow (id INTEGER);" \
		"$WAIT DROP TABLE slow;" &&
	waiting_branch end "CREATE TABLE slow (id INTEGER);
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql
	AS \$x\$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END
	\$x\$;
CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON slow
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait();
INSERT INTO slow VALUES (1);" "DROP TABLE slow; DROP FUNCTION wait;"
'

test_expect_success 'killed in an up or in the commit, all is as before' '
	git checkout -q posts && git migrate sync -q &&
	for place in up end
	do
		kill_waiting $place &&
		tables_are posts users &&
		test "$(state)" = "0001_users 0002_posts" || return 1
	done &&
	git migrate sync -q up &&
	tables_are rest slow users
'

test_expect_success 'killed in a down, too, and the next one comes to the end' '
	git migrate sync -q down &&
	kill_waiting posts &&
	tables_are rest slow users &&
	test "$(state)" = "0001_users 0002_wait 0003_rest" &&
	git migrate sync -q posts &&
	tables_are posts users &&
	test "$(state)" = "0001_users 0002_posts"
'

test_expect_success 'step by step what was done stays, and the next goes on' '
	kill_waiting --no-single-transaction up &&
	tables_are users &&
	test "$(state)" = 0001_users &&
	git migrate sync -q --no-single-transaction up &&
	tables_are rest slow users &&
	git migrate sync -q down &&
	kill_waiting --no-single-transaction posts &&
	tables_are slow users &&
	test "$(state)" = "0001_users 0002_wait" &&
	git migrate sync -q --no-single-transaction posts &&
	tables_are posts users
'

test_done
