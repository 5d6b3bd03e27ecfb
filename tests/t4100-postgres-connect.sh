#!/bin/sh
test_description='connecting to PostgreSQL, and what is said when it fails'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

# Every output of a failed connection goes to $TRASH/said, which must never
# hold this.
# shellcheck disable=SC2034 # the tests' bodies use them
SECRET='s3cr@t:/?#%word'
# shellcheck disable=SC2034
ENCODED='s3cr%40t%3A%2F%3F%23%25word'
# shellcheck disable=SC2034
USER_NAME=${PG_DB}_user
# shellcheck disable=SC2034
PG_HOST=127.0.0.1:$PG_PORT

# refused URL SENTENCE: no connection, and one sentence that says why.
refused() {
	test_must_fail git migrate status --json --url "$1" >out 2>err &&
	cat out err >>"$TRASH/said" &&
	test_grep "^fatal: .*$2" err &&
	grep -c "^fatal" err >count && test "$(cat count)" = 1
}

test_expect_success 'a user with a password' '
	make_migration 0001_a "CREATE TABLE a (id int);" "DROP TABLE a;" &&
	pg "CREATE ROLE $USER_NAME LOGIN PASSWORD \$\$$SECRET\$\$
		IN ROLE passworded" &&
	pg "GRANT ALL ON SCHEMA public TO $USER_NAME"
'

test_expect_success 'a password with any sign comes from the URL' '
	git migrate status --url \
		"postgresql://$USER_NAME:$ENCODED@$PG_HOST/$PG_DB" \
		>out 2>&1 &&
	cat out >>"$TRASH/said" &&
	test_grep "pending *0001_a" out
'

test_expect_success 'no part of a password is taken for a host' '
	refused "postgres://$USER_NAME:wr@ng@word@$PG_HOST/$PG_DB" \
		"refuses the password of user .$USER_NAME." &&
	test_grep ! "word@" err
'

test_expect_success 'it comes from PGPASSWORD, or a password file' '
	PGPASSWORD=$SECRET git migrate status \
		--url "postgres://$USER_NAME@$PG_HOST/$PG_DB" &&
	echo "127.0.0.1:$PG_PORT:*:$USER_NAME:s3cr@t\\:/?#%word" >~/.pgpass &&
	chmod 600 ~/.pgpass &&
	test_when_finished "rm ~/.pgpass" &&
	git migrate status --url "postgres://$USER_NAME@$PG_HOST/$PG_DB"
'

test_expect_success 'PGPASSFILE and a service file are read' '
	echo "127.0.0.1:*:*:*:s3cr@t\\:/?#%word" >passwords &&
	chmod 600 passwords &&
	printf "%s\n" "[mine]" host=127.0.0.1 "port=$PG_PORT" \
		"dbname=$PG_DB" "user=$USER_NAME" >services &&
	PGPASSFILE=$PWD/passwords git migrate status \
		--url "postgres://$USER_NAME@$PG_HOST/$PG_DB" &&
	PGPASSFILE=$PWD/passwords PGSERVICEFILE=$PWD/services \
		git migrate status --url "postgres://?service=mine" &&
	PGPASSFILE=$PWD/passwords PGSERVICEFILE=$PWD/services PGSERVICE=mine \
		git migrate status --url postgres:// &&
	test_must_fail env PGSERVICEFILE="$PWD/services" \
		git migrate status --url "postgres://?service=other" 2>err &&
	test_grep "^fatal: definition of service .other. not found" err &&
	test_grep "^hint: .*PGSERVICEFILE" err &&
	test_must_fail env PGSERVICEFILE="$PWD/nowhere" \
		git migrate status --url "postgres://?service=mine" 2>err &&
	test_grep "^fatal: service file .*nowhere. not found" err
'

test_expect_success 'a missing one comes from a credential helper' '
	cat >helper <<-\END &&
	#!/bin/sh
	{ echo "verb=$1"; cat; } >>asked
	test "$1" != get || echo "password=$(cat answer)"
	END
	chmod +x helper &&
	git config credential.helper "!sh \"$PWD/helper\"" &&
	printf "%s\n" "$SECRET" >answer &&
	git migrate status --url "postgres://$USER_NAME@$PG_HOST/$PG_DB" &&
	test_grep "^protocol=postgres" asked &&
	test_grep "^host=$PG_HOST" asked &&
	test_grep "^username=$USER_NAME" asked &&
	test_grep "^verb=store" asked &&
	echo "wrong-$SECRET" >answer && rm asked &&
	refused "postgres://$USER_NAME@$PG_HOST/$PG_DB" \
		"refuses the password of user .$USER_NAME." &&
	test_grep "^verb=erase" asked &&
	git config --unset credential.helper
'

test_expect_success 'each thing that is wrong has its sentence' '
	closed=$("$GM_TEST_DIR/servers.sh" port) &&
	refused "postgres://u:$ENCODED@nowhere.invalid/$PG_DB" \
		"there is no host .nowhere.invalid." &&
	refused "postgres://u:$ENCODED@127.0.0.1:$closed/$PG_DB" \
		"no server listens at .127.0.0.1., port $closed" &&
	refused "postgres://$USER_NAME:x$ENCODED@$PG_HOST/$PG_DB" \
		"refuses the password of user .$USER_NAME." &&
	refused "postgres://$USER_NAME@$PG_HOST/$PG_DB" \
		"wants a password for user .$USER_NAME." &&
	refused "postgres://postgres:$ENCODED@$PG_HOST/not_there" \
		"has no database .not_there." &&
	refused "postgres://nobody_here:$ENCODED@$PG_HOST/$PG_DB" \
		"has no user .nobody_here." &&
	refused "postgres://postgres:$ENCODED@$PG_HOST/$PG_DB?sslmode=require" \
		"SSL" &&
	refused "postgres://postgres:$ENCODED@$PG_HOST/$PG_DB?no_such=1" \
		"no_such"
'

test_expect_success 'a connection that has nothing to say is kept alive' '
	pg_proxy && make_migration 0002_wait \
		"SELECT pg_advisory_xact_lock(7);" "SELECT 1;" &&
	pg_hold "SELECT pg_advisory_xact_lock(7);" &&
	{ git-migrate apply --url "$PROXY_URL" >out 2>&1 8>&- & } && run=$! &&
	wait_until is_kept_alive "$PROXY_PORT" &&
	pg_release && wait "$run"
'

test_expect_success 'no output has ever shown the password' '
	test_path_exists "$TRASH/said" &&
	test_grep ! -F "$SECRET" "$TRASH/said" &&
	test_grep ! -F "$ENCODED" "$TRASH/said" &&
	test_grep ! -F "s3cr" "$TRASH/said"
'

test_done
