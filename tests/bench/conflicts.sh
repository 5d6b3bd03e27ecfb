#!/bin/sh
# Who collides with whom, among 200 branches of a repository with 10,000
# migrations: the first time, and when it is remembered.
. "${0%/*}/common"

rounds=${BENCH_ROUNDS:-5}

# Each branch adds two migrations; every tenth one is in its neighbour's way.
# They fork where the published branch was 1 to 50 commits ago.
branches() {
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++) {
			print "commit refs/remotes/origin/topic-" i
			print "committer bench <bench@example.com> " \
				1800000000 + i " +0000"
			print "data 1\nx"
			print "from refs/remotes/origin/main~" i % 50
			for (k = 1; k <= 2; k++) {
				text = "-- migrate:up\nCREATE TABLE b" i "_" \
					k " (id INTEGER, text TEXT);\n" \
					"ALTER TABLE t" 50 * i + 1 \
					" ADD COLUMN c" i "_" k " TEXT;\n"
				if (k == 1 && i % 10 < 2)
					text = text "ALTER TABLE t1 ADD" \
						" COLUMN d" int(i / 10) \
						" TEXT;\n"
				print "M 100644 inline migrations/" 20000 + i \
					"_branch_" i "_" k ".sql"
				print "data " length(text)
				print text
			}
		}
	}' | git fast-import --quiet
}

start_repository 10000 50
git add .
git commit -q -m series
i=0
while test $((i += 1)) -le 50
do
	cp migrations/00001_table_1.sql migrations/$((10000 + i))_more.sql
	echo "-- $i" >>migrations/$((10000 + i))_more.sql
	git add migrations/$((10000 + i))_more.sql
	git commit -q -m "more $i"
done
git update-ref refs/remotes/origin/main HEAD
branches 200
git gc -q

# It says no, for there are conflicts.
cat >all <<\END
#!/bin/sh
git-migrate conflicts --all >/dev/null || test $? = 1
END
chmod +x all
"$measure" time 'conflicts --all, 200 branches, cold' 2000 "$rounds" \
	'rm -rf .git/migrate' ./all
"$measure" time 'conflicts --all, 200 branches, warm' 200 "$rounds" : ./all
