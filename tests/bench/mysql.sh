#!/bin/sh
# 1,000 migrations on MariaDB, against its own client running the same SQL with
# one tracking row for each; on a server that keeps what it has committed.
. "${0%/*}/common"

rounds=${BENCH_ROUNDS:-3}
count=${BENCH_MIGRATIONS:-1000}

GM_SERVERS_DIR=$(mktemp -d /tmp/gm-servers.XXXXXX)
export GM_SERVERS_DIR
trap '"$here/../servers.sh" stop; cd / && rm -rf "$scratch"' EXIT
server=$("$here/../servers.sh" mysql-own bench innodb-flush-method=fsync \
	innodb-flush-log-at-trx-commit=1 innodb-log-file-size=96M \
	innodb-buffer-pool-size=128M)
# On the same way as the tool, TCP.
client="mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P ${server##*:} \
	-u root"

# series KIND: migrations of 1 KiB. "ddl" makes a table each; "both" puts a row
# into it as well; raw.sql is the same for the client.
series() {
	rm -rf migrations raw.sql
	mkdir migrations
	awk -v n="$count" -v kind="$1" 'BEGIN {
		text = sprintf("%800s", "")
		gsub(/ /, "x", text)
		print "CREATE TABLE schema_migrations" \
			" (version VARCHAR(128) PRIMARY KEY);" >"raw.sql"
		for (i = 1; i <= n; i++) {
			id = sprintf("%05d_table_%d", i, i)
			sql = sprintf("CREATE TABLE t%d (id INT" \
				" AUTO_INCREMENT PRIMARY KEY, n INT, t TEXT)" \
				" COMMENT '\''%s'\'';\n", i, text)
			if (kind == "both")
				sql = sql sprintf("INSERT INTO t%d (n, t)" \
					" VALUES (%d, '\''%s'\'');\n", \
					i, i, text)
			file = "migrations/" id ".sql"
			printf "-- migrate:up\n%s\n-- migrate:down\n" \
				"DROP TABLE t%d;\n", sql, i >file
			close(file)
			printf "%sINSERT INTO schema_migrations VALUES (" \
				"'\''%s'\'');\n", sql, id >>"raw.sql"
		}
	}'
	git migrate seal -q 2>/dev/null
	git add -A
	git commit -q -m "$1"
}

git init -q .
git config migrate.url "$server/bench"
clean="$client -e 'DROP DATABASE IF EXISTS bench; CREATE DATABASE bench'"
for kind in ddl both
do
	series "$kind"
	"$measure" ratio "MariaDB: apply of $count, $kind" 1.05 "$rounds" \
		"$clean" 'git-migrate apply -q' "$client bench <raw.sql"
done
eval "$clean"
git migrate apply -q
"$measure" ratio "MariaDB: nothing to apply, $count applied" 2 21 : \
	'git-migrate apply -q' \
	"$client bench -e 'SELECT * FROM git_migrate_history' >rows"
