#!/bin/sh
test_description='databases: made, removed, waited for'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"
. "$GM_TEST_DIR/lib-mysql.sh"
unset DATABASE_URL

cd "$TRASH/work" && git init -q . && git config migrate.autoSeal false &&
make_migration 0001_a "CREATE TABLE a (i INTEGER);" "DROP TABLE a;" || exit 1

# Each is a URL; a test that takes one runs for all three.
MADE=made_$$
urls="sqlite:made.db $PG_SERVER/$MADE $server/$MADE"

# for_each FUNCTION: with $url and $db.
for_each() {
	for url in $urls
	do
		db=${url##*[/:]}
		"$1" || {
			echo "for $url" >&2
			return 1
		}
	done
}

make_and_drop() {
	git migrate create-database --url "$url" >out 2>err &&
	test_grep "^created $url$" out && test_must_be_empty err &&
	test_expect_code 128 git migrate create-database --url "$url" 2>err &&
	test_grep "fatal: the database '$db' is there already" err &&
	git migrate create-database --if-not-exists --url "$url" &&
	git migrate apply --url "$url" &&
	test_expect_code 1 git migrate drop-database --url "$url" 2>err &&
	test_grep "would remove $url, with all" err &&
	test_grep "hint: add --yes" err &&
	git migrate drop-database --dry-run --url "$url" >out &&
	test_grep "would drop $url" out &&
	git migrate status --exit-code --url "$url" &&
	git migrate drop-database --yes --url "$url" >out 2>err &&
	test_grep "^target: $url$" err && test_grep "^dropped $url$" out &&
	test_expect_code 128 git migrate drop-database --yes --url "$url" &&
	git migrate drop-database --yes --if-exists --url "$url"
}

test_expect_success 'a database is made, and removed with --yes' '
	for_each make_and_drop && test_path_is_missing made.db
'

reset_hard() {
	git migrate create-database -q --url "$url" &&
	git migrate apply -q --url "$url" &&
	test_expect_code 1 git migrate reset --hard --url "$url" &&
	git migrate status --exit-code --url "$url" &&
	git migrate reset --hard --yes --url "$url" >out 2>err &&
	test_grep "^target: $url$" err &&
	test_grep "^dropped $url$" out && test_grep "^created $url$" out &&
	test_expect_code 1 git migrate status --exit-code --url "$url" &&
	git migrate apply -q --url "$url" &&
	git migrate drop-database -q --yes --url "$url" &&
	git migrate reset --hard --yes --url "$url" >out &&
	test_grep "^there is no $url$" out &&
	git migrate drop-database -q --yes --url "$url"
}

test_expect_success 'reset --hard removes it, and makes it again' '
	for_each reset_hard
'

missing() {
	case $url in sqlite:*) url="$url?mode=rw" ;; esac
	test_expect_code 128 git migrate apply --url "$url" 2>err &&
	test_grep "^fatal: .*no.* database .$db\|$db. does not exist" err &&
	test_grep "^hint: git migrate create-database makes it" err
}

test_expect_success 'a history that would stay is not left behind' '
	url=$server/$MADE away=away_$$ &&
	my -e "CREATE DATABASE $away" &&
	git config migrate.table $away.hist &&
	git migrate create-database -q --url "$url" &&
	git migrate apply -q --url "$url" &&
	test_expect_code 1 git migrate reset --hard --yes --url "$url" 2>err &&
	test_grep "history of .$MADE. is in .$away., and would say" err &&
	test_grep "hint: .*DELETE FROM $away.hist_history" err &&
	git migrate status --exit-code --url "$url" &&
	my -e "DELETE FROM $away.hist_history" &&
	git migrate reset --hard -q --yes --url "$url" &&
	git migrate apply -q --url "$url" &&
	my -e "DROP DATABASE $MADE; DROP DATABASE $away" &&
	git config --unset migrate.table
'

test_expect_success 'a database that is missing is to be made' '
	for_each missing
'

protected() {
	git config migrate-target.prod.url "$url" &&
	git config migrate-target.prod.protected true &&
	git migrate create-database -q --target prod &&
	for command in "drop-database --yes" "drop-database --dry-run" \
		"reset --hard --yes"
	do
		# shellcheck disable=SC2086 # it may have options
		test_expect_code 1 git migrate $command --target prod 2>err &&
		test_grep "error: the target .prod. is protected" err &&
		test_grep "hint:.*migrate-target.prod.protected false" err ||
			return 1
	done &&
	git -c migrate-target.prod.protected=false migrate drop-database \
		--yes --target prod &&
	git config --remove-section migrate-target.prod
}

test_expect_success 'the database of a protected target stays' '
	for_each protected
'

# at_work WORDS SQL CLIENT…: while that client is at it in the database.
at_work() {
	words=$1
	sql=$2
	shift 2
	git migrate create-database -q --url "$url" &&
	git migrate apply -q --url "$url" &&
	mkfifo gate && { "$@" <gate >held & } && holder=$! && exec 8>gate &&
	test_when_finished "exec 8>&- && rm -f gate held" &&
	echo "$sql SELECT 'held';" >&8 && wait_until grep -q held held &&
	test_expect_code 1 git migrate drop-database --yes --url "$url" \
		--lock-timeout 1 2>err && test_grep "$words" err &&
	exec 8>&- && wait "$holder" &&
	git migrate drop-database --yes --url "$url"
}

test_expect_success 'an SQLite database that is in use stays' '
	url=sqlite:made.db &&
	at_work locked "BEGIN IMMEDIATE;" sqlite3 -batch made.db
'

test_expect_success 'a PostgreSQL database that is in use stays' '
	url=$PG_SERVER/$MADE &&
	at_work "others are connected" "" psql -Xq -d "$url"
'

test_expect_success 'a MariaDB database that is in use stays' '
	url=$server/$MADE &&
	at_work "others are at work" "START TRANSACTION; SELECT * FROM a;" \
		mariadb --no-defaults -n -S "$MYSQL_SOCKET" -u root "$MADE"
'

test_expect_success 'what is no database is not removed' '
	echo "dear diary, this is not a database of any kind" >diary &&
	test_expect_code 128 git migrate drop-database --yes \
		--url sqlite:diary &&
	test_path_exists diary &&
	test_expect_code 1 git migrate drop-database --yes \
		--url "$server/mysql" 2>err &&
	test_grep "server.s own" err &&
	test_expect_code 1 git migrate drop-database --yes \
		--url "$PG_SERVER/postgres" 2>err &&
	test_grep "server.s own" err
'

test_expect_success 'names are quoted as each server does it' '
	for url in "$PG_SERVER/a%22b%20%60c" "$server/a%22b%20%60c"
	do
		git migrate create-database --url "$url" &&
		git migrate apply --url "$url" &&
		git migrate drop-database --yes --url "$url" || return 1
	done
'

# Says when the tool has begun to wait, then lets the server appear.
appears() {
	rm -f err status
	{ git migrate apply --wait-for-database=600 --url "$1" >out 2>err
		echo $? >status; } &
	wait_until grep -s "waiting for the database: no server" err &&
	ln -s "$2" "$3" && wait && test "$(cat status)" = 0
}

# A socket's path has to be short, and the scripts' directory may not be.
# shellcheck disable=SC2034 # the test uses it
late=$GM_SERVERS_DIR/late_$$

test_expect_success 'a server that is not there yet is waited for' '
	test_when_finished "rm -f $late" &&
	appears "mysql://root@localhost/$DATABASE?socket=$late" \
		"$MYSQL_SOCKET" "$late" && rm "$late" &&
	where="host=$late&port=$PG_PORT&user=postgres" &&
	appears "postgres:///$PG_DB?$where" "$GM_SERVERS_DIR/postgres" "$late"
'

test_expect_success 'not for ever, and not at all where waiting is in vain' '
	for url in "postgres://postgres@127.0.0.1:1/x" \
		"mysql://root@127.0.0.1:1/x"
	do
		test_expect_code 128 git migrate apply --url "$url" 2>err &&
		test_grep "hint: .*--wait-for-database" err &&
		test_expect_code 128 git migrate apply --url "$url" \
			--wait-for-database=0.3 2>err &&
		test_grep "note: waiting for the database" err &&
		test_grep "^fatal: no server" err || return 1
	done &&
	for url in "$server/none_$$" "$PG_SERVER/none_$$" \
		"mysql://root:wrong@127.0.0.1:$MYSQL_PORT/$DATABASE"
	do
		test_expect_code 128 git migrate apply --url "$url" \
			--wait-for-database=3600 2>err &&
		test_grep ! waiting err || return 1
	done
'

# It would say of all that is applied that it never was.
take_history() {
	drop="DROP TABLE git_migrate_history;" what=git_migrate_history &&
	case $url in
	postgres:*) whole="DROP SCHEMA public CASCADE;" schema=public ;;
	mysql:*) whole="DROP DATABASE $db;" schema=$db ;;
	*) whole=$drop schema=$what ;;
	esac &&
	git migrate create-database -q --url "$url" &&
	git migrate apply -q --url "$url" &&
	make_migration 0002_b "CREATE TABLE b (i INTEGER);" "" &&
	make_migration 0003_c "$drop" "" &&
	test_expect_code 1 git migrate apply --url "$url" 2>err &&
	test_grep "0003_c.sql:2:1: .$what. is a table of git-migrate" err &&
	make_migration 0003_c "SELECT 1; $whole" "" &&
	test_expect_code 1 git migrate apply --url "$url" 2>err &&
	test_grep "0003_c.sql:2:11: .*'$schema'" err &&
	rm migrations/0002_b.sql migrations/0003_c.sql &&
	git migrate status --exit-code --url "$url" &&
	git migrate drop-database -q --yes --url "$url"
}

test_expect_success 'no migration takes the history with it' '
	for_each take_history
'

test_expect_success 'another server than the URL says is found out' '
	test_expect_code 128 git migrate status \
		--url "postgres://u@127.0.0.1:${server##*:}/x" 2>err &&
	test_grep "hint: what answers there isn.t PostgreSQL" err &&
	other=mysql://u@127.0.0.1:$PG_PORT/x?connect-timeout=1 &&
	test_expect_code 128 git migrate status --url "$other" 2>err &&
	test_grep "hint: .*are host and port right" err &&
	test_expect_code 128 git migrate status \
		--url "mysql://u@127.0.0.1:1/x" 2>err &&
	test_grep "no server answers at .127.0.0.1:1." err &&
	test_grep "hint: is it running, and are host and port right" err
'

test_done
