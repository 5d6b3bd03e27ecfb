#!/bin/sh
# A guided tour of git migrate: a small shop's database on SQLite, in a
# repository of its own, with the mishaps of a real one. Each command is
# printed before its output; the tour ends with an error where something
# does not go as it says.
#
#	demo.sh [DIR]
#
# The repository is made in DIR, which must not exist, and stays there to
# play with; without DIR it is a temporary one. "make demo" runs it.
set -eu

fail() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

for tool in git git-migrate sqlite3
do
	command -v "$tool" >/dev/null ||
		fail "'$tool' is not in PATH; try: make deps demo"
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/git-migrate-demo.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
shop=${1-$scratch/shop}
test ! -e "$shop" || fail "'$shop' is there already"

# Nothing of the user's own: neither settings nor a database.
for name in $(env | sed -n 's/^\(GIT_[A-Z_0-9]*\)=.*/\1/p') DATABASE_URL
do
	unset "$name"
done
HOME=$scratch/home
XDG_CONFIG_HOME=$HOME/.config
LC_ALL=C
GIT_CONFIG_NOSYSTEM=1
export HOME XDG_CONFIG_HOME LC_ALL GIT_CONFIG_NOSYSTEM
mkdir "$HOME"
git config --global user.name 'Ada Example'
git config --global user.email ada@example.com
git config --global init.defaultBranch main

say() {
	printf '\n'
	printf '# %s\n' "$@"
}

# run_for STATUS COMMAND: prints the command and its output; any other exit
# status ends the tour.
run_for() {
	printf '\n$ %s\n' "$2"
	got=0
	(eval "$2") >"$scratch/output" 2>&1 || got=$?
	cat "$scratch/output"
	test "$got" = "$1" ||
		fail "'$2' exits with $got instead of $1"
}

run() {
	run_for 0 "$1"
}

# What the last command must have said.
expect() {
	for text
	do
		grep -qF -e "$text" "$scratch/output" ||
			fail "the output lacks '$text'"
	done
}

# The same in the database.
expect_tables() {
	tables=$(sqlite3 shop.db "SELECT group_concat(name, ' ') FROM
		(SELECT name FROM sqlite_master WHERE type = 'table'
			AND name NOT LIKE 'git_migrate%' ORDER BY name)")
	test "$tables" = "$1" || fail "the tables are '$tables', not '$1'"
}

# fill FILE UP DOWN: puts SQL into the empty sections, as an editor would.
fill() {
	awk -v up="$2" -v down="$3" '
		/^$/ && filled { next }
		{ print }
		/^-- migrate:up/ { print up "\n"; filled = 1 }
		/^-- migrate:down/ { print down; filled = 1 }
	' "$1" >"$scratch/filled"
	cat "$scratch/filled" >"$1"
}

commit() {
	git add -A
	git commit -q -m "$1"
}

git init -q "$shop"
cd "$shop"

say 'A new repository, for a shop. How does it begin?'
run_for 128 'git migrate'
run 'git migrate init --url sqlite:shop.db --numbering sequence'
run "echo '/shop.db*' >>.gitignore"
run 'git migrate new create customers'
fill migrations/0001_create_customers.sql "\
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);" "\
DROP TABLE customers;"

say 'A migration is a file of SQL; "new" wrote the lines with "migrate:",' \
	'and here is what an editor made of it.'
run 'cat migrations/0001_create_customers.sql'

say 'Two more.'
run 'git migrate new create products'
fill migrations/0002_create_products.sql "\
CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
);
CREATE INDEX products_title ON products (title);" "\
DROP TABLE products;"
run 'git migrate new create orders'
fill migrations/0003_create_orders.sql "\
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  placed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  total_cents INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE order_items (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  product_id INTEGER NOT NULL REFERENCES products (id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  price_cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, product_id)
);
CREATE TRIGGER order_total AFTER INSERT ON order_items
BEGIN
  UPDATE orders
    SET total_cents = total_cents + new.quantity * new.price_cents
    WHERE id = new.order_id;
END;" "\
DROP TABLE order_items;
DROP TABLE orders;"

say 'What is there to do? Do it.'
run 'git migrate status'
expect '3 pending'
test ! -e shop.db || fail 'status made a database'
run 'git migrate apply'
expect 'applied 0003_create_orders'
expect_tables 'customers order_items orders products'
run 'git migrate status'
expect '3 applied'
run 'git add . && git commit -q -m "The first tables"'

say 'Each file now says what it stands on, and carries its checksum:' \
	'"apply" has sealed it.'
run 'head -n 3 migrations/0002_create_products.sql'
expect '-- migrate:parent 0001_create_customers' '-- migrate:checksum xxh3:'
run 'git migrate log -n 1'
expect 'migration 0003_create_orders (applied)' 'by Ada Example'

say '--- A branch whose migration is applied, and left.'
run 'git switch -q -c coupons'
run 'git migrate new create coupons'
fill migrations/0004_create_coupons.sql "\
CREATE TABLE coupons (
  code TEXT PRIMARY KEY,
  percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 100)
);
ALTER TABLE orders ADD COLUMN coupon TEXT REFERENCES coupons (code);" "\
ALTER TABLE orders DROP COLUMN coupon;
DROP TABLE coupons;"
run 'git migrate apply'
run 'git add . && git commit -q -m "Coupons"'

say 'Back on main its file is gone, but the database still has its table.'
run 'git switch -q main'
run 'git migrate status'
expect 'missing       0004_create_coupons' 'it is on coupons'

say 'Even where the branch is gone for good, the migration can be undone:' \
	'its text was recorded when it was applied.'
run 'git branch -q -D coupons && git reflog expire --expire=now --all &&
  git gc -q --prune=now'
run 'git migrate rollback 0004'
expect 'rolled back 0004_create_coupons'
expect_tables 'customers order_items orders products'
run 'git migrate status'
expect '3 applied'

say '--- A migration that is edited after it was applied.'
run "sed -i.old 's/sku TEXT/sku VARCHAR(40)/' \\
  migrations/0002_create_products.sql && rm migrations/*.old"
run_for 1 'git migrate apply'
expect '-  sku TEXT NOT NULL UNIQUE,' '+  sku VARCHAR(40) NOT NULL UNIQUE,' \
	'git migrate accept 0002' 'git migrate restore 0002' 'git migrate redo'
run 'git migrate restore 0002'
run 'git status --short'
test ! -s "$scratch/output" || fail 'the file is not as it was committed'

say '--- Two branches that take the same number: git would merge them' \
	'without a word, were it not for the hook that "init" installed.'
git switch -q -c reviews
git migrate new create reviews >/dev/null
fill migrations/0004_create_reviews.sql "\
CREATE TABLE reviews (
  product_id INTEGER NOT NULL REFERENCES products (id),
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  PRIMARY KEY (product_id, customer_id)
);" "\
DROP TABLE reviews;"
git migrate seal -q
commit 'Reviews'
git switch -q main
git migrate new add phone >/dev/null
fill migrations/0004_add_phone.sql "\
ALTER TABLE customers ADD COLUMN phone TEXT;" "\
ALTER TABLE customers DROP COLUMN phone;"
git migrate apply -q
commit 'Phone numbers'
run_for 1 'git merge -q -m "Merge reviews" reviews'
expect '0004_create_reviews.sql: error: has the number of' \
	'[duplicate-number]'

say 'The one that nobody has applied yet gets the next number.'
run 'git mv migrations/0004_create_reviews.sql \
  migrations/0005_create_reviews.sql'
run 'git migrate check'
expect '5 migrations, 0 errors, 0 warnings'
run 'git migrate apply'
expect 'applied 0005_create_reviews'
run 'git commit -q -m "Merge reviews, which come after phone numbers"'

say 'The series has two heads now, which is fine: the next migration' \
	'stands on both.'
run 'git migrate new index reviews'
run 'grep parent migrations/0006_index_reviews.sql'
expect 'parent 0004_add_phone' 'parent 0005_create_reviews'
run 'rm migrations/0006_index_reviews.sql'

say '--- Two branches whose SQL gets in the way of each other. One adds a' \
	'column, the other copies the table.'
git switch -q -c tiers
git migrate new add tier >/dev/null
fill migrations/0006_add_tier.sql "\
ALTER TABLE customers ADD COLUMN tier TEXT NOT NULL DEFAULT 'basic';" "\
ALTER TABLE customers DROP COLUMN tier;"
git migrate seal -q
commit 'Tiers'
git switch -q -c archive main
git migrate new archive customers >/dev/null
mv migrations/0006_archive_customers.sql \
	migrations/0007_archive_customers.sql
fill migrations/0007_archive_customers.sql "\
CREATE TABLE archive AS SELECT * FROM customers;" "\
DROP TABLE archive;"
git migrate apply -q
commit 'An archive'
run_for 1 'git migrate conflicts archive tiers'
expect "creates column 'customers.tier'" "reads column 'customers.*'"

say 'Git would merge them without a word; the hook that "init" has installed' \
	'does not.'
run_for 1 'git merge -q -m "Merge tiers" tiers'
expect '[conflict]' 'git migrate merge' 'Not committing merge'

say 'Nor would "apply" go on: the archive is there already, and what comes' \
	'before it is not the same behind it.'
run_for 1 'git migrate apply'
expect "'0006_add_tier' conflicts with '0007_archive_customers'" \
	'git migrate merge' 'git migrate sync' '--allow-out-of-order'

say 'Somebody has to say what the two come to together.'
run 'git migrate merge'
expect 'migrations/0008_merge.sql' 'it is staged'
awk '
	{ print }
	/^-- order they ran/ {
		print "DROP TABLE archive;"
		print "CREATE TABLE archive AS SELECT * FROM customers;"
	}
	/^-- migrate:down/ { print "ALTER TABLE archive DROP COLUMN tier;" }
' migrations/0008_merge.sql >"$scratch/filled"
cat "$scratch/filled" >migrations/0008_merge.sql

say 'With the last three lines of SQL, which an editor has put below its' \
	'comments:'
run 'cat migrations/0008_merge.sql'
run 'git migrate apply'
expect 'applied 0006_add_tier' 'applied 0008_merge'
run 'git add migrations && git commit -q -m "Merge tiers"'
run 'git switch -q main && git merge -q archive'
run 'git migrate status'
expect '8 applied'

say '--- The database goes where you go: when you say so, or, once that is' \
	'set up, with each switch.'
git switch -q -c wishlists
git migrate new create wishlists >/dev/null
fill migrations/0009_create_wishlists.sql "\
CREATE TABLE wishlists (
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  product_id INTEGER NOT NULL REFERENCES products (id),
  PRIMARY KEY (customer_id, product_id)
);" "\
DROP TABLE wishlists;"
git migrate apply -q
commit 'Wishlists'
run 'git switch main'
expect '1 missing (git migrate sync)'
run 'git migrate sync'
expect 'rolled back 0009_create_wishlists'
run 'git config migrate.autoSync full'
run 'git switch wishlists'
expect 'applied 0009_create_wishlists'
expect_tables 'archive customers order_items orders products reviews wishlists'
run 'git switch main'
expect 'rolled back 0009_create_wishlists'
run 'git config --unset migrate.autoSync'

say '--- A rollback. First only the SQL that would run.'
run 'git migrate rollback --to 0003 --dry-run'
expect 'DROP TABLE reviews;' 'ALTER TABLE customers DROP COLUMN phone;'
expect_tables 'archive customers order_items orders products reviews'
run 'git migrate rollback --to 0003'
expect 'rolled back 0005_create_reviews' 'rolled back 0004_add_phone'
expect_tables 'customers order_items orders products'
run 'git migrate status'
expect '3 applied, 5 pending'

say 'That was the tour. "git migrate help" lists the commands,' \
	'"man git-migrate" says all of it.'
test $# = 0 || say "The repository is in '$1'."
