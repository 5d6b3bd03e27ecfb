#!/bin/sh
# PostgreSQL: 1,000 migrations of 1 KiB, against psql running the same SQL
# with one BEGIN, one COMMIT and one tracking row for each; then a run with
# nothing to do, against psql reading the rows; then a large file. The server
# is a private one without fsync, so that the disk isn't measured.
. "${0%/*}/common"

GM_SERVERS_DIR=$(mktemp -d /tmp/gm-bench.XXXXXX)
export GM_SERVERS_DIR
trap 'cd / && "$here/../servers.sh" stop; rm -rf "$scratch"' EXIT
server=$("$here/../servers.sh" postgres)
rounds=${BENCH_ROUNDS:-7}
url=$server/bench
DATABASE_URL=$url
PGOPTIONS='-c client_min_messages=warning'
export DATABASE_URL PGOPTIONS
clean="psql -Xq $server/postgres -c 'DROP DATABASE IF EXISTS bench'"
clean="$clean -c 'CREATE DATABASE bench'"
rows='SELECT * FROM git_migrate_history'

start_repository 1000 1
write_script 0 | sed 's/^BEGIN IMMEDIATE/BEGIN/' >each.sql
# The tables' key has no default here.
sed -i 's/INTEGER PRIMARY KEY, n/SERIAL PRIMARY KEY, n INTEGER/' \
	migrations/*.sql each.sql
git config migrate.url "$url"
sh -c "$clean"
git-migrate apply -q
git add migrations
git commit -q -m series

"$measure" ratio 'PostgreSQL: apply of 1,000' 0.95 "$rounds" "$clean" \
	"git-migrate apply -q --url $url" "psql -Xq -f each.sql $url"
sh -c "$clean"
git-migrate apply -q
"$measure" ratio 'PostgreSQL: apply with nothing to do' 2 25 : \
	"git-migrate apply -q --url $url" \
	"psql -XAtq -o /dev/null -c '$rows' $url"

# 50 MB in 60,000 statements.
mkdir large
perl -e 'print "-- migrate:up\nCREATE TABLE large (n int, t text);\n";
	print "INSERT INTO large VALUES ($_, \x27", "x" x 790, "\x27);\n"
		for 1 .. 60_000' >large/0001_large.sql
"$measure" memory 'PostgreSQL: peak memory, 50 MB in 60,000 statements' 150 1 \
	"$clean" "git-migrate apply -q --dir large --url $url"
sed 1d large/0001_large.sql | sed '1i BEGIN;' >large.raw
echo 'COMMIT;' >>large.raw
"$measure" ratio 'PostgreSQL: 50 MB in 60,000 statements' - 3 "$clean" \
	"git-migrate apply -q --dir large --url $url" \
	"psql -Xq -f large.raw $url"
