#!/bin/sh
test_description='check --database: the files against what a target has applied'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"
. "$GM_TEST_DIR/lib-mysql.sh"
unset DATABASE_URL

test_require sqlite3

# Each of these is told with $kind and $url, in the project $kind.
FILE=$TRASH/app.db
KINDS='sqlite postgres mysql'

for_each() {
	for kind in $KINDS
	do
		case $kind in
		sqlite) url=sqlite:$FILE ;;
		postgres) url=$PG_SERVER/$PG_DB ;;
		mysql) url=$URL ;;
		esac
		(cd "$TRASH/$kind" && "$1") || {
			echo "on $kind" >&2
			return 1
		}
	done
}

# ask SQL: what the database answers.
ask() {
	case $kind in
	sqlite) sq "$FILE" "$1" ;;
	postgres) pg "$1" ;;
	mysql) my "$DATABASE" -e "$1" ;;
	esac
}

# finds RULE LEVEL PLACE [OPTION…]: check says that, and its exit status fits;
# out and err are what it printed.
finds() {
	rule=$1 level=$2 place=$3
	shift 3
	code=0
	test "$level" != error || code=1
	test_expect_code "$code" git migrate check --database --url "$url" \
		"$@" >out 2>err &&
	grep -F "[$rule]" out >line && test_grep "^$place$level: " line
}

# has_no RULE [OPTION…]
has_no() {
	rule=$1
	shift
	git migrate check --database --url "$url" "$@" >out 2>err
	test_grep "migration" out && ! grep -F "[$rule]" out
}

set_up() {
	git config migrate.numbering sequence &&
	git config migrate.autoSeal false &&
	git config migrate.url "$url" &&
	git config migrate.check.unsealed off &&
	printf "/%s\n" out err line json before after >.git/info/exclude &&
	make_table 0001_a a none && make_table 0002_b b 0001_a &&
	make_table 0003_c c 0001_a && test_commit_all three
}

test_expect_success 'set up' '
	cd "$TRASH" &&
	for kind in $KINDS
	do
		git init -q "$kind" || return 1
	done &&
	for_each set_up
'

nothing_applied() {
	git migrate check --database >out 2>err &&
	test_grep "^3 migrations, 0 errors, 0 warnings$" out &&
	test_grep "note: on target .*: nothing is applied yet, 3 pend" err &&
	case $kind in
	sqlite) test_path_is_missing "$FILE" ;;
	postgres) test -z "$(pg "SELECT relname FROM pg_class
		WHERE relname LIKE 'git_migrate%'")" ;;
	mysql) test -z "$(my "$DATABASE" -e "SHOW TABLES")" ;;
	esac
}

test_expect_success 'where nothing is applied, nothing is made' '
	for_each nothing_applied
'

all_applied() {
	git migrate apply -q --url "$url" &&
	git migrate check --database >out 2>err &&
	test_grep "^3 migrations, 0 errors, 0 warnings$" out &&
	test_grep "note: on target .*: 3 applied$" err &&
	git migrate check --database --json >json &&
	test_grep "on target .*: 3 applied" json
}

test_expect_success 'what is applied as it is has no findings' '
	for_each all_applied
'

edited() {
	make_migration 0002_b "-- a word
CREATE TABLE b (id INTEGER);" "DROP TABLE b;" 0001_a &&
	has_no applied-edited &&
	make_migration 0002_b "CREATE TABLE b (n INTEGER);" "DROP TABLE b;" \
		0001_a &&
	finds applied-edited error "migrations/0002_b.sql:4: " &&
	test_grep "was edited after it was applied on 20" line &&
	test_grep "^  git migrate restore 0002_b " out &&
	test_grep "^  for this database add --url URL$" out &&
	has_no applied-edited --staged &&
	has_no applied-edited HEAD &&
	git -c migrate.check.applied-edited=warn migrate check --database &&
	git -c migrate.check.applied-edited=off migrate check --database \
		>out &&
	! grep applied-edited out &&
	test_expect_code 1 git migrate check --database --format=github >out &&
	test_grep "^::error file=migrations/0002_b.sql,line=4,title=" out &&
	test_grep "git-migrate applied-edited::.0002_b. was edited" out &&
	test_expect_code 1 git migrate check --database --format=gitlab >out &&
	test_grep "\"check_name\": \"applied-edited\"" out &&
	git checkout -q migrations
}

test_expect_success 'an edit is named where it is, with the ways out' '
	for_each edited
'

missing() {
	git checkout -q -b topic && make_table 0004_d d 0002_b 0003_c &&
	test_commit_all d && git migrate apply -q --url "$url" &&
	git checkout -q main &&
	finds applied-missing warn "" &&
	test_grep "0004_d. is applied: no file in this tree; it is on topic" \
		line &&
	test_grep "^  git migrate rollback 0004_d undoes it$" out &&
	has_no applied-missing topic &&
	has_no applied-missing --range main..topic &&
	finds applied-missing warn "" --range topic~..main &&
	test_expect_code 1 git -c migrate.check.applied-missing=error \
		migrate check --database >out &&
	git migrate rollback -q 0004_d
}

test_expect_success 'one that has no file here, whichever tree is asked' '
	for_each missing
'

conflict() {
	make_migration 0000_z "ALTER TABLE c ADD COLUMN y INTEGER;" \
		"ALTER TABLE c DROP COLUMN y;" none &&
	finds pending-conflict error "migrations/0000_z.sql:4: " &&
	test_grep "0000_z. conflicts with .0003_c., which is applied" line &&
	test_grep "^  git migrate apply --allow-out-of-order " out &&
	has_no pending-conflict --staged &&
	git add migrations && finds pending-conflict error \
		"migrations/0000_z.sql:4: " --staged &&
	test_expect_code 1 git migrate apply --dry-run &&
	git rm -qf migrations/0000_z.sql
}

test_expect_success 'a pending one that apply would stop at' '
	for_each conflict
'

early() {
	make_table 0000_y y none &&
	make_table 0003_c c 0000_y 0001_a &&
	finds applied-early warn "migrations/0003_c.sql:1: " &&
	test_grep "is applied, and .0000_y., which it stands on, is not" line &&
	git clean -qf migrations && git checkout -q migrations
}

test_expect_success 'one that was applied before what it stands on' '
	for_each early
'

unfit() {
	case $kind in
	sqlite) other=postgres sql="COMMIT;" ;;
	postgres) other=mysql sql="VACUUM;" ;;
	mysql) other=sqlite sql="XA START 'x';" ;;
	esac
	printf -- "-- migrate:parent 0002_b\n-- migrate:parent 0003_c\n
-- migrate:up dialect:%s\nSELECT 1;\n-- migrate:down\nSELECT 1;\n" "$other" \
		>migrations/0004_d.sql &&
	finds pending-unfit error "migrations/0004_d.sql: " &&
	test_grep "there is no up section for $kind" line &&
	make_migration 0004_d "SELECT 1;
$sql" "SELECT 1;" 0002_b 0003_c &&
	finds pending-unfit error "migrations/0004_d.sql:6: " &&
	test_grep "${sql%;}" line &&
	rm migrations/0004_d.sql
}

test_expect_success 'one that this database would not take' '
	for_each unfit
'

unfinished() {
	printf -- "-- migrate:parent 0002_b\n-- migrate:parent 0003_c\n
-- migrate:up transaction:false
CREATE TABLE d (id INTEGER);\nDROP TABLE nowhere;\n
-- migrate:down\nDROP TABLE d;\n" >migrations/0004_d.sql &&
	test_expect_code 128 git migrate apply -q &&
	finds unfinished-run error "migrations/0004_d.sql:6: " &&
	test_grep "0004_d. stopped after 1 of 2 statements" line &&
	test_grep "^  git migrate apply --continue " out &&
	git migrate apply -q --abort && rm migrations/0004_d.sql &&
	case $kind in
	sqlite) sq "$FILE" "DROP TABLE d" ;;
	postgres) pg "DROP TABLE d" ;;
	mysql) my "$DATABASE" -e "DROP TABLE d" ;;
	esac
}

test_expect_success 'a run that stopped in the middle' '
	for_each unfinished
'

unpublished() {
	git config migrate-target.live.url "$url" &&
	git config migrate-target.live.requires origin/main &&
	make_table 0004_d d 0002_b 0003_c &&
	test_expect_code 1 git migrate check --database --target live >out &&
	grep -F "[pending-unpublished]" out >line &&
	test_grep "the target .live. requires .origin/main., and there is no" \
		line &&
	git update-ref refs/remotes/origin/main HEAD &&
	test_expect_code 1 git migrate check --database --target live >out &&
	grep -F "[pending-unpublished]" out >line &&
	test_grep "^migrations/0004_d.sql: error: .0004_d. is not in \
.origin/main., and the target .live. takes nothing else" line &&
	finds pending-unpublished error "migrations/0004_d.sql: " &&
	git add migrations && git commit -q -m d &&
	git update-ref refs/remotes/origin/main HEAD &&
	git migrate check --database --target live >out &&
	! grep pending-unpublished out &&
	git update-ref -d refs/remotes/origin/main &&
	git config --remove-section migrate-target.live &&
	git reset -q --hard HEAD~
}

test_expect_success 'one that the target takes only once it is published' '
	for_each unpublished
'

all_of_it() {
	for table in history source log version
	do
		ask "SELECT * FROM git_migrate_$table" || return 1
	done
}

nothing_written() {
	all_of_it >before &&
	make_table 0000_y y none &&
	git migrate check --database >out &&
	git migrate check --database HEAD~0 >out &&
	all_of_it >after && test_cmp before after &&
	git clean -qf migrations
}

test_expect_success 'nothing is written' '
	for_each nothing_written
'

# A user that may only look.
looker() {
	case $kind in
	sqlite)
		url="sqlite:$FILE?mode=ro" ;;
	postgres)
		pg "CREATE ROLE looker_$$ LOGIN;
			GRANT SELECT ON ALL TABLES IN SCHEMA public
			TO looker_$$" &&
		url=$(echo "$url" | sed "s,//[^@]*@,//looker_$$@,") ;;
	mysql)
		my -e "CREATE USER looker_$$@'%';
			GRANT SELECT ON $DATABASE.* TO looker_$$@'%'" &&
		url=$(echo "$url" | sed "s,//[^@]*@,//looker_$$@,") ;;
	esac
}

by_a_looker() {
	looker &&
	git migrate check --database --url "$url" >out 2>err &&
	test_grep "note: on target .*: 3 applied$" err &&
	case $kind in
	postgres) pg "DROP OWNED BY looker_$$; DROP ROLE looker_$$" ;;
	mysql) my -e "DROP USER looker_$$@'%'" ;;
	esac
}

test_expect_success 'it needs no more than to read' '
	for_each by_a_looker
'

unreadable() {
	ask "UPDATE git_migrate_version SET version = 99" &&
	rm migrations/0003_c.sql && make_migration 0002_b "" "" 0009_no &&
	finds unreadable-history error "" &&
	test_grep "what is applied can.t be read: .* of version 99" line &&
	test_grep "\[unknown-parent\]" out &&
	git checkout -q migrations
}

test_expect_success 'a history that cannot be read hides nothing else' '
	for_each unreadable
'

test_expect_success 'a database that is not asked' '
	cd "$TRASH/sqlite" &&
	for option in --url=sqlite:x --target=live --env-file=x \
		--wait-for-database=1
	do
		test_expect_code 129 git migrate check $option 2>err &&
		test_grep "^error: a database is named, and not asked: add \
--database" err || return 1
	done &&
	test_expect_code 128 git migrate check --database --target no 2>err &&
	test_grep "fatal: there is no target .no." err
'

test_done
