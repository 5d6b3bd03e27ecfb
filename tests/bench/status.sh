#!/bin/sh
# What a hook or a prompt would wait for.
. "${0%/*}/common"

rounds=${BENCH_ROUNDS:-25}

start_repository 10 1
git migrate apply -q 2>/dev/null
git add migrations
git commit -q -m series
"$measure" time 'git-migrate --version' 4 "$rounds" : \
	'git-migrate --version >/dev/null'
"$measure" time 'status of 10' 12 "$rounds" : 'git-migrate status >/dev/null'

rm -rf .git .gitmigrate app.db migrations
start_repository 10000 50
git -c migrate.autoSeal=false migrate apply -q --single-transaction
git migrate seal >/dev/null 2>&1
git add migrations
git commit -q -m series
"$measure" time 'status of 10,000' 60 "$rounds" : \
	'git-migrate status >/dev/null'
# From the second status on, once the files are two seconds old, they are
# remembered.
sleep 3
git-migrate status >/dev/null
"$measure" ratio 'status of 10,000, against git status' 2 "$rounds" : \
	'git-migrate status >/dev/null' 'git status --porcelain >/dev/null'
"$measure" memory 'peak memory, status of 10,000' - 3 : \
	'git-migrate status >/dev/null'
