#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='PostgreSQL with TLS, a standby, and roles with few rights'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

test_require openssl

# make_ca NAME: an authority of that name.
make_ca() {
	openssl req -new -x509 -days 30 -nodes -newkey ec \
		-pkeyopt ec_paramgen_curve:prime256v1 -subj "/CN=$1" \
		-keyout "$TRASH/$1.key" -out "$TRASH/$1.crt" 2>/dev/null
}

make_ca ca && make_ca other && pg_own secure || exit 1
data=$PG_OWN/data
openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	-subj /CN=localhost -keyout "$data/server.key" \
	-out "$TRASH/server.csr" 2>/dev/null &&
openssl x509 -req -days 30 -in "$TRASH/server.csr" -CA "$TRASH/ca.crt" \
	-CAkey "$TRASH/ca.key" -CAcreateserial -out "$data/server.crt" \
	2>/dev/null &&
chmod 600 "$data/server.key" &&
chown "$(stat -c %U "$data")" "$data/server.key" "$data/server.crt" &&
echo "ssl = on" >>"$data/postgresql.conf" &&
"$GM_TEST_DIR/servers.sh" postgres-restart "$PG_OWN" || exit 1
SECRET='s3cr@t:/?#%word'
ENCODED='s3cr%40t%3A%2F%3F%23%25word'
pg "CREATE ROLE encrypted" && pg "CREATE ROLE passworded" &&
pg "CREATE ROLE guarded LOGIN PASSWORD '$SECRET'
	IN ROLE encrypted" || exit 1

# status_with PARAMETERS: over TCP, as the user that has to use TLS.
status_with() {
	git migrate status --json --url \
		"postgres://guarded:$ENCODED@localhost:$PG_PORT/$PG_DB?$1" \
		>out 2>err
	status=$?
	cat out err >>"$TRASH/said"
	return "$status"
}

test_expect_success 'TLS is used where the server requires it' '
	make_table 0001_a a &&
	status_with "hostaddr=127.0.0.1" &&
	status_with "hostaddr=127.0.0.1&sslmode=require" &&
	status_with "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=\
$TRASH/ca.crt"
'

test_expect_success 'without it the server refuses, and the hint says TLS' '
	test_must_fail status_with "hostaddr=127.0.0.1&sslmode=disable" &&
	test_grep "fatal: the server doesn.t let user .guarded. into" err &&
	test_grep "hint: .*TLS" err
'

test_expect_success 'a server whose authority is another is refused' '
	for mode in verify-ca verify-full
	do
		test_must_fail status_with "hostaddr=127.0.0.1&sslmode=$mode&s\
slrootcert=$TRASH/other.crt" &&
		test_grep "fatal: .*certificate verify failed" err &&
		test_grep "hint: .*sslrootcert" err || return 1
	done
'

test_expect_success 'a certificate of another host is refused' '
	test_must_fail git migrate status --url "postgres://postgres@127.0.0.1\
:$PG_PORT/$PG_DB?sslmode=verify-full&sslrootcert=$TRASH/ca.crt" 2>err &&
	test_grep "fatal: .*certificate.*does not match host" err
'

test_expect_success 'an authority that is not there is named' '
	test_must_fail status_with "hostaddr=127.0.0.1&sslmode=verify-full&s\
slrootcert=$TRASH/nowhere.crt" &&
	test_grep "nowhere.crt" err
'

test_expect_success 'no authority at all is an error with a way out' '
	test_must_fail status_with "hostaddr=127.0.0.1&sslmode=verify-ca" &&
	test_grep "fatal: .*root certificate file .* does not exist" err &&
	test_grep "hint: .*sslrootcert" err
'

test_expect_success 'channel binding is required, and cannot be had' '
	test_must_fail status_with \
		"hostaddr=127.0.0.1&sslmode=require&channel_binding=require" &&
	test_grep "fatal: .*channel binding required" err &&
	test_grep "hint: .*scram-sha-256" err
'

test_expect_success 'a second session goes where the first one went' '
	mkdir role && pg postgres "CREATE DATABASE second" &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"SET ROLE encrypted; SELECT 1;" >role/0001_role.sql &&
	git migrate apply --dir role --url "postgres://postgres@localhost:1,lo\
calhost:$PG_PORT/second?hostaddr=127.0.0.1,127.0.0.1&sslmode=verify-full&sslro\
otcert=$TRASH/ca.crt"
'

test_expect_success 'a server without TLS is told from a refusal' '
	test_must_fail git migrate status --url "postgres://postgres:$ENCODED\
@127.0.0.1:${MAIN_SERVER##*:}/postgres?sslmode=require" >out 2>err &&
	cat out err >>"$TRASH/said" &&
	test_grep "fatal: the server.*does not support SSL" err &&
	grep -c "^fatal" err >count && test "$(cat count)" = 1
'

test_expect_success 'no secret has been shown, log and history included' '
	status_with "hostaddr=127.0.0.1" &&
	pg "GRANT ALL ON SCHEMA public TO guarded" &&
	url="postgres://guarded:$ENCODED@localhost:$PG_PORT/$PG_DB" &&
	git migrate apply --url "$url?hostaddr=127.0.0.1" >out 2>err &&
	cat out err >>"$TRASH/said" &&
	make_migration 0002_b "SELECT bad;" "" &&
	test_must_fail git migrate apply --url "$url?hostaddr=127.0.0.1" \
		>out 2>err &&
	cat out err >>"$TRASH/said" &&
	git migrate plan --url "$url" >>"$TRASH/said" 2>&1 &&
	pg_dump -a "$PG_SERVER/$PG_DB" >>"$TRASH/said" &&
	test_grep ! -F "$SECRET" "$TRASH/said" &&
	test_grep ! -F "$ENCODED" "$TRASH/said" &&
	test_grep ! -F "s3cr" "$TRASH/said" &&
	rm migrations/0002_b.sql
'

test_expect_success 'a role that may make no table hears what it lacks' - <<\EOT
	fresh_project && make_table 0001_a a &&
	pg "CREATE ROLE poor LOGIN" &&
	test_must_fail git migrate apply --url \
		"postgres://poor@127.0.0.1:$PG_PORT/$PG_DB" 2>err &&
	test_grep "can.t make the tables .*permission denied for schema" err &&
	test_grep "hint: connected as 'poor'" err &&
	git migrate status --url \
		"postgres://poor@127.0.0.1:$PG_PORT/$PG_DB" >out &&
	test_grep "pending *0001_a" out &&
	git migrate apply && make_table 0002_b b &&
	test_must_fail git migrate status --url \
		"postgres://poor@127.0.0.1:$PG_PORT/$PG_DB" 2>err &&
	test_grep "permission denied for table git_migrate_" err &&
	test_grep "hint: connected as 'poor'" err
EOT

test_expect_success 'a standby is told from a server that takes writes' - <<\EOT
	fresh_project && make_table 0001_a a && git migrate apply &&
	make_table 0002_b b &&
	primary=$PG_SERVER && primary_url=$DATABASE_URL &&
	"$GM_TEST_DIR/servers.sh" postgres-standby "$PG_OWN" \
		"$GM_SERVERS_DIR/${script%%-*}_standby_$$" &&
	standby=$(cat "$GM_SERVERS_DIR/${script%%-*}_standby_$$/url") &&
	git migrate status --url "$standby/$PG_DB" >out &&
	test_grep "pending *0002_b" out &&
	test_must_fail git migrate apply --url "$standby/$PG_DB" >out 2>err &&
	test_grep "0002_b\|read-only\|standby\|recovery" err &&
	test_grep "hint: .*standby" err &&
	grep -c "^fatal" err >count && test "$(cat count)" = 1 &&
	git migrate apply && git migrate apply >out &&
	test_grep "nothing to apply" out
EOT

test_done
