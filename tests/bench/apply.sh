#!/bin/sh
# 1,000 migrations of 1 KiB, against the shell of SQLite running the same SQL
# with one transaction and one tracking row for each.
. "${0%/*}/common"

rounds=${BENCH_ROUNDS:-7}
clean='rm -f app.db* raw.db*'

start_repository 1000 1
write_script 0 >each.sql
write_script 1 >single.sql
cp -R migrations unsealed
git migrate apply -q 2>/dev/null
git add migrations
git commit -q -m series

"$measure" ratio 'apply of 1,000' 1.05 "$rounds" "$clean" \
	'git-migrate apply -q' 'sqlite3 raw.db <each.sql'
"$measure" ratio 'apply of 1,000 in one transaction' 1.1 "$rounds" "$clean" \
	'git-migrate apply -q --single-transaction' \
	'sqlite3 raw.db <single.sql'
"$measure" memory 'peak memory, apply of 1,000' 20 3 "$clean" \
	'git-migrate apply -q'
# Files that are sealed on the way are written, and synced, each.
"$measure" ratio 'apply of 1,000 that are not sealed yet' - 3 \
	"$clean; rm -rf migrations; cp -R unsealed migrations; sync" \
	'git-migrate apply -q' 'sqlite3 raw.db <each.sql'
