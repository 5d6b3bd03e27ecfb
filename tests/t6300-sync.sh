#!/bin/sh

test_description='the target becomes what a commit holds'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-sync.sh"

test_require sqlite3

tables_are() {
	DATABASE=$TRASH/work/app.db test_tables "$@"
}

URL=sqlite:$TRASH/work/app.db
git init -q . && git config migrate.url "$URL" || exit 1

test_story

test_expect_success 'all of it is one transaction' '
	tables_are tags users &&
	test_grep "hint: all of it was one transaction.*nothing is changed" \
		err &&
	git migrate status --porcelain >status &&
	test_grep "^missing	0004_names" status &&
	test_grep "^pending	0002_wrong" status
'

test_expect_success 'or each in its own, when that is wanted' '
	test_expect_code 128 git migrate sync --no-single-transaction \
		>out 2>err &&
	tables_are users &&
	git checkout -q tags && git migrate sync && tables_are tags users
'

test_expect_success 'what runs outside a transaction is said' '
	git checkout -q -B outside main &&
	make_migration 0002_vacuum "VACUUM;" "" 0001_users &&
	sed "s/:up/:up transaction:false/" migrations/0002_vacuum.sql >new &&
	mv new migrations/0002_vacuum.sql &&
	git migrate sync >out 2>err &&
	test_grep "note: one step after the other.*0002_vacuum" err &&
	tables_are users &&
	rm migrations/0002_vacuum.sql &&
	git migrate fake -q --undo 0002_vacuum
'

test_expect_success 'a dry run prints the SQL and changes nothing' '
	git checkout -q tags && git migrate sync -q &&
	cp app.db before.db &&
	git migrate sync --dry-run posts >out 2>err &&
	cmp app.db before.db && rm before.db &&
	cat >expect <<-\END &&
	-- rollback 0004_names
	ALTER TABLE users DROP COLUMN name;
	-- rollback 0003_tags
	DROP TABLE tags;
	-- apply 0002_posts
	CREATE TABLE posts (id INTEGER PRIMARY KEY);
	END
	test_cmp expect out &&
	cat >expect <<-\END &&
	undo '\''0004_names'\'': it is not in the tree
	  loses column users.name
	undo '\''0003_tags'\'': it is not in the tree
	  loses table tags
	END
	test_cmp expect err
'

test_expect_success 'quiet, it says nothing' '
	git migrate sync -q posts >out 2>err &&
	test_must_be_empty out && test_must_be_empty err &&
	git migrate sync -q tags >out 2>err &&
	test_must_be_empty out && test_must_be_empty err
'

test_expect_success 'a protected target is undone with --yes only' '
	git config migrate-target.live.url "$URL" &&
	git config migrate-target.live.protected true &&
	test_expect_code 1 git migrate sync --target live posts 2>err &&
	test_grep "error: the target live (.*) is protected" err &&
	test_grep "hint: .*--yes" err &&
	test_grep "loses table tags" err &&
	tables_are tags users &&
	git migrate sync --target live --yes posts &&
	tables_are posts users &&
	git checkout -q posts && make_migration 0006_more \
		"CREATE TABLE more (id INTEGER);" "DROP TABLE more;" \
		0002_posts &&
	git migrate sync --target live &&
	tables_are more posts users &&
	rm migrations/0006_more.sql &&
	test_expect_code 1 git migrate sync 2>err &&
	test_grep "protected" err &&
	git config --remove-section migrate-target.live && git migrate sync
'

test_expect_success 'a tree without migrations undoes nothing' '
	git checkout -q --orphan pages && git rm -rfq . &&
	echo hello >index.html && test_commit_all pages &&
	test_expect_code 1 git migrate sync 2>err &&
	test_grep "error: there is no migration in this tree" err &&
	test_grep "hint: .*git migrate reset" err &&
	test_expect_code 1 git migrate sync pages &&
	tables_are posts users &&
	git checkout -q posts
'

test_expect_success 'what is no commit, or too many' '
	test_expect_code 128 git migrate sync nowhere 2>err &&
	test_grep "fatal: .nowhere. is not a commit" err &&
	test_expect_code 129 git migrate sync main posts
'

test_expect_success 'theirs comes first where the two are in conflict' '
	git checkout -q -B ours main &&
	make_migration 0008_ours "CREATE TABLE t (ours INTEGER);" \
		"DROP TABLE t;" 0001_users &&
	git migrate sync -q &&
	make_migration 0007_theirs "CREATE TABLE t (theirs INTEGER);
DROP TABLE t;" "SELECT 1;" 0001_users &&
	test_expect_code 1 git migrate apply &&
	git migrate sync >out 2>err &&
	test_grep "0008_ours.: it has to come after .0007_theirs. (table t)" \
		err &&
	sq app.db "SELECT id FROM git_migrate_history ORDER BY position" \
		>actual &&
	printf "%s\n" 0001_users 0007_theirs 0008_ours >expect &&
	test_cmp expect actual &&
	rm migrations/000[78]* && git migrate sync -q
'

test_expect_success 'nothing starts while a migration is under way' '
	make_migration 0009_half "INSERT INTO nowhere VALUES (1);" "" \
		0001_users &&
	sed "s/:up/:up transaction:false/" migrations/0009_half.sql >new &&
	mv new migrations/0009_half.sql &&
	test_must_fail git migrate apply &&
	test_expect_code 1 git migrate sync posts 2>err &&
	test_grep "0009_half" err &&
	test_grep "hint: .*git migrate apply --continue" err &&
	tables_are users &&
	git migrate apply --abort && rm migrations/0009_half.sql
'

test_expect_success 'an unsealed file is sealed before it is applied' '
	make_migration 0009_new "CREATE TABLE n (id INTEGER);" \
		"DROP TABLE n;" 0001_users &&
	git -c migrate.autoSeal=true migrate sync &&
	test_grep "^-- migrate:checksum" migrations/0009_new.sql &&
	rm migrations/0009_new.sql && git migrate sync -q
'

test_expect_success 'a directory that was moved is found where it was' '
	git checkout -q -B moved tags &&
	mkdir db && git mv migrations db/steps &&
	printf "[migrate]\n\tdir = db/steps\n" >.gitmigrate &&
	test_commit_all moved &&
	git migrate sync && tables_are tags users &&
	git migrate sync posts && tables_are posts users &&
	git checkout -q posts &&
	git migrate sync moved && tables_are tags users
'

test_expect_success 'with --dir the migrations of other apps stay' '
	test_project apps && cd apps &&
	printf "[migrate-app \"blog\"]\n\tdir = blog\n" >>.gitmigrate &&
	make_table 0001_a a && MIGRATIONS=blog make_table 0001_b b &&
	git migrate sync -q &&
	test_expect_code 1 git migrate sync --dir migrations 2>err &&
	test_grep "error: --dir .*blog/0001_b" err &&
	rm blog/* && git migrate sync && cd .. &&
	DATABASE=apps/app.db test_tables a && rm -rf apps
'

test_expect_success 'one in the middle goes where nothing stands on it' '
	git checkout -q tags && git migrate sync -q &&
	git checkout -q -B middle main &&
	git migrate sync -q &&
	make_migration 0002_a "CREATE TABLE a (id INTEGER);" "DROP TABLE a;" \
		0001_users &&
	make_migration 0003_b "CREATE TABLE b (id INTEGER);" "DROP TABLE b;" \
		0001_users &&
	make_migration 0004_v "CREATE VIEW v AS SELECT id FROM b;" \
		"DROP VIEW v;" 0001_users &&
	git migrate apply -q &&
	test_expect_code 1 git migrate rollback 0003_b 2>err &&
	test_grep "error: .0004_v. touches table b, as .0003_b. does" err &&
	test_grep "hint: git migrate rollback 0004_v 0003_b" err &&
	git migrate rollback 0002_a >out &&
	test_grep "rolled back 0002_a" out &&
	tables_are b users
'

test_done
