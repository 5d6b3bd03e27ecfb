#!/bin/sh
# The private servers of one run of the tests. They live in $GM_SERVERS_DIR,
# listen on a socket there and on a free port of the loopback, are started by
# the first test that asks, and stopped at the end of the run.
#
#	tests/servers.sh postgres	starts it where need be, prints its URL
#					without a database: postgres://…:PORT
#	tests/servers.sh postgres-own NAME [SETTING…]
#					starts a PostgreSQL server of the
#					caller's own, with settings as in
#					postgresql.conf, and prints its URL
#	tests/servers.sh postgres-restart DIR
#	tests/servers.sh postgres-standby DIR NEW
#					a server in the directory NEW that
#					follows the one in DIR
#	tests/servers.sh pgbouncer	starts PgBouncer in transaction mode
#					before the first, prints its URL
#	tests/servers.sh pgbouncer-own NAME
#					another one, of the caller's own, in a
#					directory of that name, where "start"
#					starts it again
#	tests/servers.sh mysql		the same for MariaDB: mysql://…:PORT
#	tests/servers.sh mysql-own NAME [SETTING…]
#					starts a MariaDB server of the caller's
#					own, with settings as in my.cnf, and
#					prints its URL
#	tests/servers.sh port		prints a port that nothing else gets
#	tests/servers.sh mysql-replica DIR NAME
#					a server of that name that follows the
#					one in DIR, which has log-bin, and takes
#					writes from root alone
#	tests/servers.sh suite NAME PROGRAM
#					runs the drivers' suite on that server,
#					in a database of its own
#	tests/servers.sh stop		stops whatever runs
#
# Exit status 77 says that the server isn't installed.
#
# PostgreSQL: user "postgres" may do everything without a password; members of
# "passworded" have to give theirs over TCP, those of "encrypted" need TLS.
# Its data is in $GM_SERVERS_DIR/postgres/data, its log in …/postgres/log;
# …/postgres/start starts it again. The same goes for …/NAME of a server of
# one's own, which takes the data that it finds there.
#
# MariaDB: user "root" may do everything without a password. The socket is
# $GM_SERVERS_DIR/mysql/socket; …/mysql/start starts it again after a crash,
# and …/mysql/pid says whom to kill. The same goes for …/NAME of a server of
# one's own, whose settings are in …/NAME/my.cnf.
set -u
: "${GM_SERVERS_DIR:?}"
servers_program=$(cd "${0%/*}" && pwd)/${0##*/}

# Servers refuse to run as root: as whom they run then.
plain_user() {
	id -u "$1" >/dev/null 2>&1 && echo "$1" || echo nobody
}

# as USER COMMAND…: as that user where this is root.
as() {
	as_user=$1
	shift
	if test "$(id -u)" = 0
	then
		(cd / && exec setpriv --reuid="$as_user" \
			--regid="$(id -g "$as_user")" --clear-groups -- "$@")
	else
		(cd / && exec "$@")
	fi
}

# A port that nobody else of this run has been told of. It is below those that
# connections are given: none of them takes it before a server has it, or
# while that is started again.
free_port() {
	perl -MIO::Socket::INET -e '
		for (1 .. 1000) {
			my $port = 10000 + int rand 20000;
			mkdir "$ARGV[0]/port.$port" or next;
			IO::Socket::INET->new(Listen => 1, LocalPort => $port,
				LocalAddr => "127.0.0.1") or next;
			print "$port\n";
			exit;
		}
		die "there is no free port\n"' "$GM_SERVERS_DIR"
}

# is_run_with PID WORD: whether that process was started with it. The number of
# a server that is gone may be another process's by now.
is_run_with() {
	test ! -e /proc/self/cmdline ||
		grep -q -F -a -e "$2" "/proc/$1/cmdline" 2>/dev/null
}

# Who asks first starts the server; the others wait for its URL.
once() {
	mkdir -p "$GM_SERVERS_DIR" && chmod 755 "$GM_SERVERS_DIR" || exit 1
	if mkdir "$GM_SERVERS_DIR/$1" 2>/dev/null
	then
		# A server must not keep what its tests write to open.
		"start_$1" >"$GM_SERVERS_DIR/$1/start.log" 2>&1 </dev/null \
			3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
		echo $? >"$GM_SERVERS_DIR/$1/status.new"
		mv "$GM_SERVERS_DIR/$1/status.new" "$GM_SERVERS_DIR/$1/status"
	fi
	tries=0
	while test ! -e "$GM_SERVERS_DIR/$1/status"
	do
		tries=$((tries + 1))
		test "$tries" -lt 3000 || exit 1
		sleep 0.1
	done
	read -r once_status <"$GM_SERVERS_DIR/$1/status"
	test "$once_status" = 0 || cat "$GM_SERVERS_DIR/$1/start.log" >&2
	test "$once_status" != 0 || cat "$GM_SERVERS_DIR/$1/url"
	exit "$once_status"
}

# --- PostgreSQL

postgres_bin() {
	for bin in "$(pg_config --bindir 2>/dev/null)" \
		/usr/lib/postgresql/*/bin /usr/local/pgsql/bin
	do
		if test -x "$bin/initdb" && test -x "$bin/pg_ctl"
		then
			echo "$bin"
			return
		fi
	done
	echo "PostgreSQL's server is not installed" >&2
	return 77
}

# The data of a server that has never run, for all to copy.
start_postgres_data() {
	bin=$(postgres_bin) || return
	home=$GM_SERVERS_DIR/postgres_data
	user=$(plain_user postgres)
	mkdir "$home/data" && chmod 700 "$home/data" || return 1
	test "$(id -u)" != 0 || chown "$user" "$home" "$home/data" || return 1
	as "$user" "$bin/initdb" -D "$home/data" -U postgres -A trust \
		-E UTF8 --locale=C --no-sync || return 1
	cat >"$home/data/pg_hba.conf" <<-\END || return 1
		local all all trust
		hostssl all +encrypted 127.0.0.1/32 trust
		host all +encrypted 127.0.0.1/32 reject
		host all +passworded 127.0.0.1/32 scram-sha-256
		host all all 127.0.0.1/32 trust
		local replication all trust
		host replication all 127.0.0.1/32 trust
	END
	echo "$home/data" >"$home/url"
}

write_postgres_settings() {
	cat <<-END
		listen_addresses = '127.0.0.1'
		port = $1
		unix_socket_directories = '$home'
		fsync = off
		shared_buffers = 32MB
		max_connections = 400
		autovacuum = off
		log_line_prefix = '%m [%p] %a '
	END
	shift
	for setting
	do
		echo "$setting"
	done
}

# make_postgres NAME [SETTING…]: makes a server in a directory of that name;
# where its data is there, that is taken.
make_postgres() {
	home=$GM_SERVERS_DIR/$1
	shift
	bin=$(postgres_bin) && data=$("$0" postgres-data) || return
	user=$(plain_user postgres)
	test -d "$home" || mkdir "$home" && chmod 755 "$home" || return 1
	test -d "$home/data" || cp -Rp "$data" "$home/data" || return 1
	port=$(free_port) || return 1
	test "$(id -u)" != 0 || chown "$user" "$home" || return 1
	write_postgres_settings "$port" "$@" >>"$home/data/postgresql.conf" &&
	cat >"$home/start" <<-END && chmod 755 "$home/start" || return 1
		#!/bin/sh
		# Starts the server, and returns when it answers.
		GM_SERVERS_DIR='$GM_SERVERS_DIR' exec '$servers_program' \
			postgres-start '$home'
	END
	echo "postgres://postgres@127.0.0.1:$port" >"$home/url"
}

# A server that was killed may leave its end to its children.
postgres_start() {
	bin=$(postgres_bin) || return
	tries=0
	until as "$(plain_user postgres)" "$bin/pg_ctl" -D "$1/data" \
		-l "$1/log" -w -t 180 -s start 3>&- 4>&- 5>&- 6>&- 7>&- \
		8>&- 9>&-
	do
		tries=$((tries + 1))
		test "$tries" -lt 60 || return 1
		sleep 0.5
	done
}

start_postgres() {
	make_postgres postgres && postgres_start "$home" &&
	"$bin/psql" -Xq -h "$home" -p "$port" -U postgres -d postgres \
		-c 'CREATE ROLE passworded' -c 'CREATE ROLE encrypted'
}

postgres_restart() {
	as "$(plain_user postgres)" "$(postgres_bin)/pg_ctl" -D "$1/data" \
		-s -m fast -w -t 180 stop && postgres_start "$1"
}

# A copy of a server, which follows it, in a directory that isn't there yet.
postgres_standby() {
	bin=$(postgres_bin) && user=$(plain_user postgres) &&
	read -r primary <"$1/url" && mkdir "$2" && chmod 755 "$2" || return 1
	test "$(id -u)" != 0 || chown "$user" "$2" || return 1
	as "$user" "$bin/pg_basebackup" -d "$primary" -D "$2/data" -R \
		-X stream --no-sync -c fast &&
	make_postgres "${2##*/}" && postgres_start "$2"
}

postgres_own() {
	make_postgres "$@" >&2 && postgres_start "$home" >&2 || return
	cat "$home/url"
}

stop_postgres() {
	for pid in "$GM_SERVERS_DIR"/*/data/postmaster.pid
	do
		test -e "$pid" || continue
		as "$(plain_user postgres)" "$(postgres_bin)/pg_ctl" \
			-D "${pid%/*}" -s -m immediate stop
	done
}

# make_pgbouncer NAME: PgBouncer in transaction mode before the server of this
# run, in a directory of that name.
make_pgbouncer() {
	home=$GM_SERVERS_DIR/$1
	PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null || {
		echo "PgBouncer is not installed" >&2
		return 77
	}
	server=$("$0" postgres) || return
	user=$(plain_user postgres)
	test -d "$home" || mkdir "$home" && chmod 755 "$home" || return 1
	port=$(free_port) || return 1
	test "$(id -u)" != 0 || chown "$user" "$home" || return 1
	cat >"$home/ini" <<-END || return 1
		[databases]
		* = host=127.0.0.1 port=${server##*:}
		[pgbouncer]
		listen_addr = 127.0.0.1
		listen_port = $port
		unix_socket_dir =
		auth_type = any
		pool_mode = transaction
		default_pool_size = 20
		max_client_conn = 200
		logfile = $home/log
		pidfile = $home/pgbouncer.pid
	END
	# With any user it is this one that the server gets to see.
	sed -i.bak "s/^\* = .*/& user=postgres/" "$home/ini" || return 1
	cat >"$home/start" <<-END && chmod 755 "$home/start" || return 1
		#!/bin/sh
		# Starts it, also after a kill.
		rm -f '$home/pgbouncer.pid'
		GM_SERVERS_DIR='$GM_SERVERS_DIR' exec '$servers_program' \
			pgbouncer-start '$home'
	END
	echo "postgres://postgres@127.0.0.1:$port" >"$home/url"
}

# It is a daemon before it listens; its console answers without the server.
pgbouncer_start() {
	as "$(plain_user postgres)" \
		"$(PATH=$PATH:/usr/sbin command -v pgbouncer)" -q -d "$1/ini" \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || return
	tries=0
	until "$(postgres_bin)/psql" -Xqt -d "$(cat "$1/url")/pgbouncer" \
		-c "SHOW VERSION" >/dev/null 2>&1
	do
		tries=$((tries + 1))
		test "$tries" -lt 600 || return 1
		sleep 0.1
	done
}

start_pgbouncer() {
	make_pgbouncer pgbouncer && pgbouncer_start "$home"
}

pgbouncer_own() {
	make_pgbouncer "$1" >&2 && pgbouncer_start "$home" >&2 || return
	cat "$home/url"
}

stop_pgbouncer() {
	for pid in "$GM_SERVERS_DIR"/*/pgbouncer.pid
	do
		ini=${pid%/*}/ini
		read -r pid 2>/dev/null <"$pid" &&
			is_run_with "$pid" "$ini" && kill "$pid"
	done
}

# Makes the database of that name, and says where the suite looks for it.
database_postgres() {
	"$(postgres_bin)/psql" -Xq -d "$2/postgres" -c "CREATE DATABASE $1" &&
	export GM_TEST_POSTGRES_URL="$2/$1"
}

# --- MariaDB

# Sets $mariadbd, $mariadb and $install.
mysql_programs() {
	PATH=$PATH:/usr/sbin:/usr/local/sbin
	mariadbd=$(command -v mariadbd)
	mariadb=$(command -v mariadb)
	install=$(command -v mariadb-install-db)
	test -z "$mariadbd" || test -z "$mariadb" || test -z "$install" ||
		return 0
	echo "MariaDB's server is not installed" >&2
	return 77
}

# The data of a server that has never run, for all to copy. A server that
# starts removes what any other has in its directory for temporary tables, so
# each has one of its own.
start_mysql_data() {
	mysql_programs || return
	home=$GM_SERVERS_DIR/mysql_data
	user=$(plain_user mysql)
	mkdir "$home/data" && chmod 700 "$home/data" || return 1
	mkdir "$home/tmp" && chmod 700 "$home/tmp" || return 1
	test "$(id -u)" != 0 ||
		chown "$user" "$home" "$home/data" "$home/tmp" || return 1
	as "$user" "$install" --no-defaults --datadir="$home/data" \
		--tmpdir="$home/tmp" \
		--auth-root-authentication-method=normal --skip-test-db \
		--innodb-flush-method=nosync --innodb-log-file-size=16M ||
		return 1
	echo "$home/data" >"$home/url"
}

write_mysql_start() {
	cat <<-END
		#!/bin/sh
		# Starts the server, and returns when it answers.
		cd / || exit 1
		umask 022
		$change "$mariadbd" --defaults-file="$home/my.cnf" "\$@" \\
			</dev/null >>"$home/log" 2>&1 &
		for try in \$(seq 1800)
		do
			"$mariadb" --no-defaults -S "$home/socket" -u root \\
				-e 'DO 0' 2>/dev/null && exit 0
			kill -0 \$! 2>/dev/null || break
			sleep 0.1
		done
		tail "$home/log"
		exit 1
	END
}

write_mysql_settings() {
	cat <<-END
		[mysqld]
		datadir = $home/data
		tmpdir = $home/tmp
		socket = $home/socket
		pid-file = $home/pid
		port = $1
		bind-address = 127.0.0.1
		skip-name-resolve
		skip-log-bin
		innodb-buffer-pool-size = 32M
		innodb-log-file-size = 16M
		innodb-flush-method = nosync
		innodb-flush-log-at-trx-commit = 2
		max-connections = 400
	END
	shift
	for setting
	do
		echo "$setting"
	done
}

# make_mysql NAME [SETTING…]: starts a server in a directory of that name.
make_mysql() {
	home=$GM_SERVERS_DIR/$1
	shift
	mysql_programs || return
	data=$("$0" mysql-data) || return
	user=$(plain_user mysql)
	test -d "$home" || mkdir "$home" && chmod 755 "$home" || return 1
	mkdir "$home/tmp" && chmod 700 "$home/tmp" || return 1
	cp -Rp "$data" "$home/data" && port=$(free_port) || return 1
	change=
	if test "$(id -u)" = 0
	then
		group=$(id -g "$user") &&
			chown "$user" "$home" "$home/tmp" || return 1
		change="setpriv --reuid=$user --regid=$group --clear-groups --"
	fi
	write_mysql_settings "$port" "$@" >"$home/my.cnf" &&
	write_mysql_start >"$home/start" && chmod 755 "$home/start" &&
	echo "mysql://root@127.0.0.1:$port" >"$home/url"
}

start_mysql() {
	make_mysql mysql && "$home/start"
}

mysql_own() {
	make_mysql "$@" >&2 || return
	"$home/start" >&2 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || return
	cat "$home/url"
}

mysql_replica() {
	read -r primary <"$1/url" && make_mysql "$2" server-id=2 read_only=1 \
		>&2 && "$home/start" >&2 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- ||
		return
	"$mariadb" --no-defaults -S "$home/socket" -u root -e "
		CHANGE MASTER TO master_host='127.0.0.1', master_user='root',
			master_port=${primary##*:}, master_log_pos=4,
			master_log_file='binlog.000001';
		START SLAVE" >&2 || return
	cat "$home/url"
}

stop_mysql() {
	for file in "$GM_SERVERS_DIR"/*/my.cnf
	do
		read -r pid 2>/dev/null <"${file%/*}/pid" || continue
		is_run_with "$pid" "$file" && kill -9 "$pid" 2>/dev/null
	done
}

database_mysql() {
	"$(command -v mariadb)" --no-defaults -u root \
		-S "$GM_SERVERS_DIR/mysql/socket" -e "CREATE DATABASE $1" &&
	export GM_TEST_MYSQL_URL="$2/$1"
}

# --- all of them

# Without a server the suite itself says that it is skipped.
suite() {
	server=$1
	shift
	case $server in
	postgres | mysql)
		url=$("$0" "$server") && "database_$server" "suite_$$" "$url" ;;
	esac
	exec "$@"
}

case ${1-} in
postgres | pgbouncer | mysql)
	once "$1" ;;
pgbouncer-own)
	pgbouncer_own "$2" ;;
pgbouncer-start)
	pgbouncer_start "$2" ;;
postgres-data)
	once postgres_data ;;
postgres-own)
	shift
	postgres_own "$@" ;;
postgres-start)
	postgres_start "$2" ;;
postgres-restart)
	postgres_restart "$2" ;;
postgres-standby)
	postgres_standby "$2" "$3" ;;
mysql-data)
	once mysql_data ;;
mysql-own)
	shift
	mysql_own "$@" ;;
port)
	free_port ;;
mysql-replica)
	mysql_replica "$2" "$3" ;;
suite)
	shift
	suite "$@" ;;
stop)
	stop_pgbouncer
	stop_postgres
	stop_mysql
	rm -rf "$GM_SERVERS_DIR" ;;
*)
	echo "usage: ${0##*/} (postgres | postgres-own | pgbouncer |" \
		"mysql | mysql-own | port | stop | suite)" >&2
	exit 129 ;;
esac
