#!/bin/sh
test_description='MariaDB: from several nodes of a Galera cluster at once'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

test_require rsync lsof socat

for provider in /usr/lib/galera/libgalera_smm.so \
	/usr/lib*/galera-4/libgalera_smm.so
do
	test ! -e "$provider" || break
done
test -e "$provider" || test_skip_all "Galera is not installed"

free_port() {
	"$GM_TEST_DIR/servers.sh" port
}

# A node on a busy machine is late, and not gone.
patience="evs.suspect_timeout=PT60S;evs.inactive_timeout=PT120S;$(
	)evs.install_timeout=PT120S;gmcast.peer_timeout=PT30S;$(
	)pc.wait_prim_timeout=PT180S"

# node NUMBER PORT ADDRESS: starts one, which joins the cluster there.
node() {
	own_server "node$1" wsrep-on=ON "wsrep-provider=$provider" \
		wsrep-cluster-name=t "wsrep-cluster-address=gcomm://$3" \
		"wsrep-node-name=node$1" "wsrep-node-address=127.0.0.1:$2" \
		wsrep-sst-method=rsync \
		"wsrep-sst-receive-address=127.0.0.1:$(free_port)" \
		"wsrep-provider-options=base_port=$2;gcache.size=8M;$patience;$(
			)gmcast.listen_addr=tcp://127.0.0.1:$2;$(
			)ist.recv_addr=127.0.0.1:$(free_port)" \
		binlog-format=ROW innodb-autoinc-lock-mode=2 &&
	echo "$MYSQL_PORT" >"port$1" && cp "$OWN/pid" "pid$1"
}

# Two join at once: the transfer of the data is what takes its time.
first=$(free_port)
node 1 "$first" "" || exit 1
socket=$MYSQL_SOCKET
for number in 2 3
do
	node "$number" "$(free_port)" "127.0.0.1:$first" >"node$number" 2>&1 &
done
wait
MYSQL_SOCKET=$socket
if ! test -e port2 || ! test -e port3
then
	cat node2 node3 >&2
	exit 1
fi

url_at() {
	echo "mysql://root@127.0.0.1:$(cat "$TRASH/work/port$1")/$DATABASE"
}

# apply_at NODE [OPTION…]
apply_at() {
	at=$(url_at "$1")
	shift
	git migrate apply --url "$at" "$@"
}

series() {
	my -e "DROP DATABASE $DATABASE; CREATE DATABASE $DATABASE" &&
	rm -rf project && git init -q project &&
	git -C project config migrate.autoSeal false && cd project &&
	for i in 1 2 3 4 5 6 7 8 9
	do
		make_migration "000${i}_x" "CREATE TABLE t$i (i INT);
INSERT INTO t$i VALUES ($i);" "DROP TABLE t$i;" || return 1
	done
}

# What the first node holds when all that the others have written is there.
select_all() {
	my "$DATABASE" --init-command="SET wsrep_sync_wait = 1" -e "SELECT $1"
}

applied_once() {
	select_all "GROUP_CONCAT(id ORDER BY position)
		FROM git_migrate_history WHERE state = 'applied'" >got &&
	select_all "GROUP_CONCAT(id ORDER BY logged_at, id)
		FROM git_migrate_log WHERE action = 'apply'" >want &&
	test_cmp want got && test_grep "0001_x,.*,0009_x$" got &&
	for i in 1 2 3 4 5 6 7 8 9
	do
		select_all "COUNT(*) FROM t$i"
	done >got && printf '1\n%.0s' 1 2 3 4 5 6 7 8 9 >want &&
	test_cmp want got
}

test_expect_success 'that it is a cluster is said once' '
	series && test_when_finished "cd .." &&
	apply_at 1 2>err && grep -c "this is a Galera cluster" err >count &&
	echo 1 >want && test_cmp want count && applied_once
'

# at_once NODE…: one run for each, all at the same moment.
at_once() {
	n=0
	for at
	do
		n=$((n + 1))
		{
			apply_at "$at" >"out$n" 2>"err$n"
			echo $? >"status$n"
		} &
	done
	wait
	cat err* status*
	test "$(cat status* | sort -u)" = 0 && applied_once &&
	cat out* | grep "^applied" | sed "s/ (.*//" | sort >got &&
	test "$(wc -l <got)" = 9
}

test_expect_success 'two runs on two nodes apply each migration once' '
	series && test_when_finished "cd .." && at_once 1 2
'

test_expect_success 'so do eight on three nodes' '
	series && test_when_finished "cd .." && at_once 1 2 3 1 2 3 1 2
'

is_begun() {
	test "$(my "$DATABASE" -e "SELECT statements_started
		FROM git_migrate_history WHERE id = '$1'" 2>/dev/null)" = 1
}

is_unknown_at() {
	test_must_fail apply_at "$1" --no-wait 2>err
	grep "nobody knows whether" err
}

test_expect_success 'a run that died on another node is not assumed dead' '
	series && test_when_finished "cd .." &&
	make_migration 0000_long "$endless" "" &&
	{ git-migrate apply --url "$(url_at 2)" & } && run=$! &&
	wait_until is_begun 0000_long &&
	kill -9 "$run" &&
	test_expect_code 1 apply_at 1 --no-wait 2>err &&
	test_grep "another node.*on node2" err &&
	test_expect_code 1 apply_at 1 --wait=0.5 2>err &&
	test_grep "waiting for another run.*on node2" err &&
	git migrate status --url "$(url_at 1)" >out &&
	test_grep "pending.*0000_long.*another node .* on node2" out &&
	test_grep ! "continue" out &&
	test_expect_code 1 git migrate drop-database --yes \
		--url "$(url_at 1)" 2>err &&
	test_grep "0000_long: a run on another node.* on node2" err &&
	test_expect_code 1 git migrate reset --hard --yes \
		--url "$(url_at 1)" 2>err &&
	test_grep "0000_long: a run on another node.* on node2" err &&
	end_endless -P "$(cat ../port2)" -h 127.0.0.1 &&
	wait_until is_unknown_at 2 &&
	apply_at 2 --continue --ran && applied_once
'

# be_less_patient NUMBER: has that node miss others sooner.
be_less_patient() {
	my -h 127.0.0.1 -P "$(cat "$TRASH/work/port$1")" -e "SET GLOBAL
		wsrep_provider_options = 'evs.suspect_timeout=PT10S'"
}

# A node that is gone takes its sessions along.
test_expect_success 'a run that died with its node is taken over' - <<\EOT
	series && test_when_finished "cd .." &&
	make_migration 0000_long "$endless" "" &&
	{ git-migrate apply --url "$(url_at 2)" & } && run=$! &&
	wait_until is_begun 0000_long &&
	be_less_patient 1 && be_less_patient 3 &&
	kill -9 "$run" "$(cat ../pid2)" && rm ../pid2 &&
	wait_until is_unknown_at 1 &&
	test_grep "the node of .connection .* on node2 .* has left" err &&
	test_grep "git migrate apply --continue --ran" err &&
	apply_at 1 --continue --ran && applied_once
EOT

# It says so after a minute.
test -z "${GM_TEST_SLOW-}" ||
test_expect_success 'one that nobody can see is not waited for forever' - <<\EOT
	series && test_when_finished "cd .." &&
	make_migration 0000_long "$endless" "" &&
	{ git-migrate apply --url "$(url_at 3)" & } && run=$! &&
	wait_until is_begun 0000_long && kill -9 "$run" &&
	test_expect_code 1 apply_at 1 2>err &&
	test_grep "waiting for another run.*on node3" err &&
	test_grep "^error: a run on another node.* on node3 (" err &&
	test_grep "^hint: connect to that node" err &&
	end_endless -P "$(cat ../port3)" -h 127.0.0.1
EOT

for pid in "$TRASH"/work/pid[123]
do
	kill -9 "$(cat "$pid")" 2>/dev/null
done
test_done
