#!/bin/sh
# What check costs beside what git takes for the same question: in a hook,
# and in CI on a long history.
. "${0%/*}/common"

rounds=${BENCH_ROUNDS:-25}

start_repository 10000 50
git migrate seal >/dev/null 2>&1
git add .gitmigrate migrations
GIT_COMMITTER_DATE='1600000000 +0000' git commit -q -m series
git update-ref refs/remotes/origin/main HEAD

# N commits, an hour between them, that touch something else.
long_history() {
	awk -v n="$1" -v from="$(git rev-parse HEAD)" \
		-v now="$(git log -1 --format=%ct)" 'BEGIN {
		who = "committer bench <bench@example.com>"
		for (i = 1; i <= n; i++) {
			printf "commit refs/heads/main\n"
			printf "%s %d +0000\n", who, now + 3600 * i
			printf "data 1\nx\n"
			if (i == 1)
				printf "from %s\n", from
			printf "M 100644 inline src/%d\ndata 1\nx\n", i % 200
		}
	}' | git fast-import --quiet
}
long_history 20000
git reset -q --hard
git repack -q -a -d
git update-ref refs/remotes/origin/main HEAD~100
git branch base HEAD~200
git switch -q -c work
git migrate new more >/dev/null
sed -i 's/^-- migrate:up/&\nCREATE TABLE more (id INTEGER);/' \
	migrations/*_more.sql
sed -i 's/^-- migrate:down/&\nDROP TABLE more;/' migrations/*_more.sql
git migrate seal -q
git add migrations

git-migrate check --staged >/dev/null
"$measure" ratio 'check --staged, 10,000 files' 3 "$rounds" : \
	'git-migrate check --staged >/dev/null' \
	'git status --porcelain >/dev/null'
git commit -q -m more
git-migrate check --base base HEAD >/dev/null
"$measure" ratio 'check --base, 20,000 commits' 2 "$rounds" : \
	'git-migrate check --base base HEAD >/dev/null' \
	'git diff --name-only base...HEAD -- migrations >/dev/null'
# Another tree each time, on a base that was seen.
amend='sed -i -e "s/TABLE [a-z0-9]*/TABLE t$(date +%s%N)/" \
	-e /:checksum/d migrations/*_more.sql &&
	git migrate seal -q && git commit -q -a --amend -m more'
"$measure" ratio 'the same, of trees that are new' 2 "$rounds" \
	"$amend" \
	'git-migrate check --base base HEAD >/dev/null' \
	'git diff --name-only base...HEAD -- migrations >/dev/null'
# What it has to open then costs git alone so much.
git ls-tree HEAD migrations/ | sed 's/.* \(.*\)	.*/\1/' >ids
"$measure" ratio 'git cat-file of all migrations' - "$rounds" : \
	'git cat-file --batch --buffer <ids >/dev/null' \
	'git diff --name-only base...HEAD -- migrations >/dev/null'
"$measure" ratio 'check --base without any cache' - "$rounds" \
	'rm -rf .git/migrate' \
	'git-migrate check --base base HEAD >/dev/null' \
	'git diff --name-only base...HEAD -- migrations >/dev/null'
"$measure" ratio 'check of the work tree' - "$rounds" : \
	'git-migrate check >/dev/null' 'git status --porcelain >/dev/null'
