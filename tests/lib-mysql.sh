# shellcheck shell=sh
# For the scripts that need a MariaDB server: the run's private one.
#
#	$MYSQL_SOCKET, $MYSQL_PORT	where it listens
#	$URL				the script's own database on it
#	my [DATABASE] -e SQL		runs the client, without column names
#	own_server NAME [SETTING…]	from now on all that is another server,
#					which no other script sees

# A script that runs by itself has a server of its own.
if test -z "${GM_SERVERS_DIR-}"
then
	GM_SERVERS_DIR=$(mktemp -d /tmp/gm-servers.XXXXXX) || exit 1
	export GM_SERVERS_DIR
	# The library's end looks at it.
	# shellcheck disable=SC2034
	own_servers=1
fi
server=$("$GM_TEST_DIR/servers.sh" mysql)
case $? in
0) ;;
77) test_skip_all "MariaDB's server is not installed" ;;
*) exit 1 ;;
esac
# shellcheck disable=SC2034
MYSQL_PORT=${server##*:}
MYSQL_SOCKET=$GM_SERVERS_DIR/mysql/socket
# shellcheck disable=SC2154 # test-lib.sh sets it
DATABASE=${script%%-*}_$$
URL=$server/$DATABASE

my() {
	mariadb --no-defaults -S "$MYSQL_SOCKET" -u root -N -B \
		--default-character-set=utf8mb4 "$@"
}

my -e "CREATE DATABASE $DATABASE" || exit 1

# It is $OWN, a directory: $OWN/start starts it again.
# shellcheck disable=SC2034,SC2154
own_server() {
	own_name=${script%%-*}_$1_$$
	shift
	server=$("$GM_TEST_DIR/servers.sh" mysql-own "$own_name" "$@") &&
	OWN=$GM_SERVERS_DIR/$own_name &&
	MYSQL_PORT=${server##*:} &&
	MYSQL_SOCKET=$OWN/socket &&
	URL=$server/$DATABASE &&
	my -e "CREATE DATABASE IF NOT EXISTS $DATABASE"
}

# fresh_project: an empty database, and no migrations.
fresh_project() {
	my -e "DROP DATABASE $DATABASE; CREATE DATABASE $DATABASE" &&
	rm -rf project && git init -q project &&
	git -C project config migrate.autoSeal false &&
	git -C project config migrate.url "$URL"
}

# How many tables there are that are not the history's.
count_tables() {
	my -e "SELECT COUNT(*) FROM information_schema.tables
		WHERE table_schema = '$DATABASE'
		AND table_name NOT LIKE 'git\\_migrate\\_%'"
}

# How many sessions of this script's database run a statement like that.
is_running() {
	test "$(my -e "SELECT COUNT(*) FROM information_schema.processlist
		WHERE db = '$DATABASE' AND info LIKE '$1'
		AND id <> CONNECTION_ID()")" != 0
}

# running_id PATTERN: the number of the session that does.
running_id() {
	my -e "SELECT id FROM information_schema.processlist
		WHERE db = '$DATABASE' AND info LIKE '$1'
		AND id <> CONNECTION_ID()"
}

is_idle() {
	test "$(my -e "SELECT COUNT(*) FROM information_schema.processlist
		WHERE db = '$DATABASE'")" = 0
}

# A statement that ends when end_endless says so, and not because whoever sent
# it is gone.
# shellcheck disable=SC2034
endless="DO BENCHMARK(1000000000000, SHA2('x', 512));"

# end_endless [OPTION…]: where it runs is named as to the client.
end_endless() {
	my "$@" -e "KILL $(my "$@" -e "SELECT id
		FROM information_schema.processlist
		WHERE db = '$DATABASE' AND info LIKE 'DO BENCHMARK%'
		AND id <> CONNECTION_ID()")"
}
