#!/bin/sh

test_description='what a sparse checkout hides is not deleted'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-sync.sh"

test_require sqlite3

tables_are() {
	DATABASE=$TRASH/work/app.db test_tables "$@"
}

git init -q -b main . &&
	git config migrate.url "sqlite:$TRASH/work/app.db" &&
	printf '/%s\n' app.db out err status >>.git/info/exclude || exit 1

test_expect_success 'an app that is not shown stays in the database' '
	mkdir -p apps/blog/migrations apps/shop/migrations &&
	printf "[migrate-app \"%s\"]\n\tdir = apps/%s/migrations\n" \
		blog blog shop shop >.gitmigrate &&
	(cd apps/blog && make_migration 0001_posts \
		"CREATE TABLE posts (id INT);" "DROP TABLE posts;") &&
	(cd apps/shop && make_migration 0001_orders \
		"CREATE TABLE orders (id INT);" "DROP TABLE orders;") &&
	git migrate seal -q && git add . && git commit -qm apps &&
	git migrate apply -q &&
	git sparse-checkout set --cone apps/blog &&
	test_path_is_missing apps/shop &&
	git migrate sync >out &&
	test_grep "nothing to sync" out &&
	git migrate status --porcelain >status &&
	test_grep ! "^missing" status &&
	tables_are orders posts
'

test_expect_success 'it is applied to a new database' '
	rm app.db && git migrate apply -q && tables_are orders posts
'

test_expect_success 'check finds nothing deleted' '
	git update-ref refs/remotes/origin/main main &&
	git migrate check >out 2>err &&
	test_grep "^2 migrations, 0 errors" out
'

test_expect_success 'nor does conflicts' '
	git switch -q -c theirs &&
	mkdir -p apps/shop/migrations &&
	(cd apps/shop && make_migration 0002_more \
		"CREATE INDEX i ON orders (id);" "DROP INDEX i;" 0001_orders) &&
	git add --sparse . && git commit -qm more --no-verify &&
	git update-ref refs/remotes/origin/main theirs &&
	git switch -q main &&
	git migrate conflicts >out &&
	test_grep "^the work tree.*: independent" out &&
	git update-ref refs/remotes/origin/main main &&
	git branch -q -D theirs && rm -rf apps/shop
'

test_expect_success 'new stands on what is not shown' '
	mkdir -p apps/shop/migrations &&
	git migrate new --app shop more >out &&
	test_grep "^-- migrate:parent 0001_orders" \
		apps/shop/migrations/*_more.sql &&
	rm -r apps/shop
'

test_expect_success 'seal leaves it alone, and check tells of it' '
	git sparse-checkout disable &&
	(cd apps/shop && make_migration 0002_carts \
		"CREATE TABLE carts (id INT);" "DROP TABLE carts;" \
		0001_orders) &&
	git add . && git commit -qm carts --no-verify &&
	git sparse-checkout set --cone apps/blog &&
	git migrate seal >out 2>err &&
	git status --porcelain >status && test_must_be_empty status &&
	git migrate apply -q && git migrate check >out 2>err &&
	test_grep "0002_carts.sql: warn: is not sealed" out &&
	tables_are carts orders posts
'

test_expect_success 'rebase does not write what is not shown' '
	git sparse-checkout disable &&
	git migrate seal -q && git commit -qam sealed &&
	git branch theirs HEAD~2 && git checkout -q theirs &&
	(cd apps/shop && make_migration 0002_bills \
		"CREATE TABLE bills (id INT);" "DROP TABLE bills;" \
		0001_orders) &&
	git migrate seal -q && git add . && git commit -qm bills &&
	git update-ref refs/remotes/origin/main theirs &&
	git checkout -q main && git merge -q --no-edit --no-verify theirs &&
	git sparse-checkout set --cone apps/blog &&
	test_expect_code 128 git migrate rebase >out 2>err &&
	test_grep "0002_carts.sql. is kept out of the work tree" err &&
	test_grep "hint: git sparse-checkout add apps/shop/migrations" err &&
	git status --porcelain >status && test_must_be_empty status
'

test_expect_success 'the settings may not be shown either' '
	rm -f app.db && git sparse-checkout set --no-cone "apps/blog/*" &&
	test_path_is_missing .gitmigrate &&
	git migrate apply -q && tables_are bills carts orders posts
'

test_expect_success 'what is deleted in earnest is missing' '
	git sparse-checkout disable &&
	git rm -q apps/shop/migrations/0002_bills.sql &&
	git migrate status --porcelain >status &&
	test_grep "^missing	shop/0002_bills" status
'

test_done
