# shellcheck shell=sh
# For scripts that need PostgreSQL: a database of their own on the server of
# this run, named in DATABASE_URL. It is sourced behind test-lib.sh.
#
#	$PG_SERVER	the server's URL without a database
#	$PG_DB		the script's database
#	$PG_PORT	where it listens on 127.0.0.1
#	pg_own, pg_proxy, pg_hold, pg_until…: see below
#	pg [DB] SQL	what the server answers, columns apart by "|"

test_require psql

# A script that runs by itself has a server of its own.
if test -z "${GM_SERVERS_DIR-}"
then
	GM_SERVERS_DIR=$(mktemp -d /tmp/gm-servers.XXXXXX) || exit 1
	export GM_SERVERS_DIR
	# shellcheck disable=SC2034 # test-lib.sh looks at it
	own_servers=1
fi
PG_SERVER=$("$GM_TEST_DIR/servers.sh" postgres)
case $? in
0) ;;
77) test_skip_all "PostgreSQL is not installed" ;;
*) exit 1 ;;
esac
PG_PORT=${PG_SERVER##*:}
# shellcheck disable=SC2154 # test-lib.sh sets it
PG_DB=${script%%-*}_$$
export PG_SERVER PG_PORT PG_DB

pg() {
	pg_db=$PG_DB
	if test $# = 2
	then
		pg_db=$1
		shift
	fi
	psql -XAtq -v ON_ERROR_STOP=1 -d "$PG_SERVER/$pg_db" -c "$1"
}

pg_says_so() {
	test "$(pg "$1")" = t
}

# pg_until SQL: waits until the server says "t".
pg_until() {
	wait_until pg_says_so "$1"
}

# pg_until_session CONDITION: waits until one other session of the script's
# database is like that. Other scripts have theirs on the same server.
pg_until_session() {
	pg_until "SELECT count(*) = 1 FROM pg_stat_activity
		WHERE datname = current_database()
		AND pid <> pg_backend_pid() AND $1"
}

# pg_until_alone: waits until all other sessions of the database are gone.
pg_until_alone() {
	pg_until "SELECT count(*) = 0 FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()"
}

# pg_hold SQL: runs it in a transaction that stays open until `pg_release`.
pg_hold() {
	mkfifo gate 2>/dev/null
	{ printf 'BEGIN; %s\n' "$1"; cat gate; } |
		PGAPPNAME=holder psql -Xq -d "$PG_SERVER/$PG_DB" \
			>/dev/null 2>&1 &
	pg_holder=$!
	exec 8>gate
	pg_until_session "application_name = 'holder'
		AND state = 'idle in transaction' AND query <> 'BEGIN;'"
}

pg_release() {
	exec 8>&-
	wait "$pg_holder"
}

# pg_own NAME [SETTING…]: from now on all that is another server, which no
# other script sees, with an empty project. It is $PG_OWN, a directory:
# $PG_OWN/start starts it again. $MAIN_SERVER is what $PG_SERVER was.
pg_own() {
	own_name=${script%%-*}_$1_$$
	MAIN_SERVER=$PG_SERVER
	export MAIN_SERVER
	shift
	PG_SERVER=$("$GM_TEST_DIR/servers.sh" postgres-own "$own_name" "$@") &&
	PG_OWN=$GM_SERVERS_DIR/$own_name && export PG_OWN &&
	PG_PORT=${PG_SERVER##*:} &&
	DATABASE_URL=$PG_SERVER/$PG_DB &&
	fresh_project
}

# fresh_project: an empty database, repository and series. Files are left as
# they are written, so that lines in messages can be told beforehand.
fresh_project() {
	rm -rf "$TRASH/work" && mkdir "$TRASH/work" && cd "$TRASH/work" &&
	git init -q && git config migrate.autoSeal false &&
	mkdir migrations &&
	PGOPTIONS='-c client_min_messages=warning' \
		pg postgres "DROP DATABASE IF EXISTS $PG_DB WITH (FORCE)" &&
	pg postgres "CREATE DATABASE $PG_DB"
}

fresh_project || exit 1
DATABASE_URL=$PG_SERVER/$PG_DB
export DATABASE_URL

# pg_proxy: a proxy before the server, see tests/pg-proxy: $PROXY_URL is
# the script's database behind it, $PROXY_DIR its directory. It ends with the
# script.
pg_proxy() {
	PROXY_DIR=$TRASH/proxy
	mkdir -p "$PROXY_DIR" && export PROXY_DIR &&
	: >"$PROXY_DIR/messages" &&
	"$GM_TEST_DIR/pg-proxy" "$PG_PORT" "$PROXY_DIR" 3>&- 5>&- &&
	test_at_end "kill $(cat "$PROXY_DIR/pid")" &&
	PROXY_PORT=$(cat "$PROXY_DIR/port") &&
	PROXY_URL=postgres://postgres@127.0.0.1:$PROXY_PORT/$PG_DB &&
	PROXY_URL="$PROXY_URL?sslmode=disable&gssencmode=disable" &&
	export PROXY_URL
}
