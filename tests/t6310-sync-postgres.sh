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

# The sessions of this database that sleep.
sleepers() {
	pg "SELECT count($1) FROM pg_stat_activity WHERE datname = '$PG_DB'
		AND query LIKE 'SELECT pg_sleep%'"
}

test_expect_success 'killed in a statement, all is as before' '
	git checkout -q -f posts && git migrate sync -q &&
	git checkout -q -B slow main &&
	make_migration 0002_slow "CREATE TABLE slow (id INTEGER);
SELECT pg_sleep(1000);" "DROP TABLE slow;" 0001_users &&
	test_commit_all slow &&
	{ git-migrate sync -q & } && pid=$! &&
	while test "$(sleepers pid)" = 0
	do
		kill -0 $pid && sleep 0.1 || break
	done &&
	{ kill -9 $pid; ! wait $pid; } 2>/dev/null &&
	sleepers "pg_terminate_backend(pid)" &&
	git migrate sync posts &&
	tables_are posts users &&
	test "$(pg "SELECT string_agg(id, \$\$ \$\$ ORDER BY position)
		FROM git_migrate_history")" = "0001_users 0002_posts"
'

test_done
