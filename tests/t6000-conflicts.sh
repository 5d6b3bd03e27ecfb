#!/bin/sh
test_description='two sides of a fork: collisions, conflicts, independence'
. "${0%/*}/test-lib.sh"

# A project of two tables, whose branch main is also the published ref.
project() {
	git init -q -b main "$1" &&
	cd "$1" &&
	git config -f .gitmigrate migrate.dir migrations &&
	git config -f .gitmigrate migrate.url sqlite:app.db &&
	git config -f .gitmigrate migrate.numbering "${2-timestamp}" &&
	make_migration 0001_base "CREATE TABLE users (id INT, email TEXT);
CREATE TABLE posts (id INT, title TEXT);" "" &&
	test_commit_all base
}

# side BRANCH ID SQL: a branch with one migration more.
side() {
	git checkout -q -b "$1" main &&
	make_migration "$2" "$3" "" &&
	test_commit_all "$1"
}

# verdict STATUS VERDICT A B: the exit status, and the verdicts of all pairs.
verdict() {
	test_expect_code "$1" git migrate conflicts --porcelain "$3" "$4" \
		>rows &&
	cut -f1 rows >verdicts &&
	printf "%b" "$2" >expect &&
	test_cmp expect verdicts
}

# pair STATUS VERDICT SQL SQL: in a project of its own.
pair() {
	rm -rf pair &&
	(
		project pair &&
		side a 0002_a "$3" &&
		side b 0003_b "$4" &&
		verdict "$1" "$2" a b &&
		verdict "$1" "$2" b a
	)
}

test_expect_success 'independent tables, and two columns of one table' '
	pair 0 "" "CREATE TABLE a (x INT);" "CREATE TABLE b (x INT);" &&
	pair 0 "" "ALTER TABLE users ADD a INT;" \
		"ALTER TABLE users ADD b INT;"
'

test_expect_success 'the same column, a drop or a rename against a use' '
	pair 1 "conflict\n" "ALTER TABLE users ADD a INT;" \
		"ALTER TABLE users ADD A TEXT;" &&
	pair 1 "conflict\n" "ALTER TABLE users DROP COLUMN email;" \
		"UPDATE users SET email = 1;" &&
	pair 1 "conflict\n" "ALTER TABLE users RENAME TO people;" \
		"CREATE INDEX i ON users (email);"
'

test_expect_success 'what cannot be told is no failure' '
	pair 0 "unknown\n" "SELECT mystery(1);" "CREATE TABLE b (x INT);"
'

test_expect_success 'both files and lines stand side by side' '
	(
		project lines &&
		side a 0002_a "
ALTER TABLE users DROP COLUMN email;" &&
		side b 0003_b "UPDATE users SET email = 1;" &&
		test_expect_code 1 git migrate conflicts a b >actual &&
		cat >expect <<-\END &&
		'\''a'\'' and '\''b'\'': conflict
		conflict: migrations/0002_a.sql and migrations/0003_b.sql
		  migrations/0002_a.sql:3: drops column '\''users.email'\''
		       3  ALTER TABLE users DROP COLUMN email;
		  migrations/0003_b.sql:2: writes column '\''users.email'\''
		       2  UPDATE users SET email = 1;
		1 pair of sides: 0 collisions, 1 conflict, 0 unknown
		END
		test_cmp expect actual &&
		test_expect_code 1 git migrate conflicts --json a b >json &&
		test_grep "\"a_objects\"" json &&
		test_grep "drops column .users.email" json &&
		git checkout -q a &&
		test_expect_code 1 git migrate conflicts --porcelain b &&
		git migrate conflicts main
	)
'

# beside LEFT RIGHT: a line of two columns, in a terminal of 110.
beside() {
	printf "  %-52s │%s\n" "$1" "${2:+ $2}"
}

test_expect_success 'a wide terminal has the lines side by side' '
	(
		project wide &&
		side a 0002_a "ALTER TABLE users
	DROP COLUMN email;" &&
		side b 0003_b "UPDATE users SET
	email = '\''é'\''
WHERE id = 1 AND email IN ('\''one'\'', '\''two'\'', '\''three'\'');" &&
		COLUMNS=110 test_expect_code 1 git migrate conflicts a b \
			>actual &&
		sed -n "3,6p" actual >lines &&
		{
			beside "migrations/0002_a.sql:2: drops column \
'\''users.email'\''" "migrations/0003_b.sql:2: writes column \
'\''users.email'\''" &&
			beside "     2  ALTER TABLE users" \
				"     2  UPDATE users SET" &&
			beside "     3      DROP COLUMN email;" \
				"     3      email = '\''é'\''" &&
			beside "" "     4  WHERE id = 1 AND email IN \
('\''one'\'', '\''two'\'', '\''t…"
		} >expect &&
		test_cmp expect lines
	)
'

test_expect_success 'a long statement is shown in part, around its object' '
	(
		project long &&
		side a 0002_a "ALTER TABLE users DROP COLUMN email;" &&
		side b 0003_b "CREATE VIEW v AS SELECT
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	email,
	8
FROM users;" &&
		test_expect_code 1 git migrate conflicts a b >actual &&
		sed -n "5,\$p" actual >lines &&
		cat >expect <<-\END &&
		  migrations/0003_b.sql:2: uses column '\''users.email'\''
		       2  CREATE VIEW v AS SELECT
		       3      1,
		       4      2,
		       …
		      10      email,
		       …
		1 pair of sides: 0 collisions, 1 conflict, 0 unknown
		END
		test_cmp expect lines
	)
'

test_expect_success 'the same id collides; in a sequence the same number' '
	(
		project ids sequence &&
		side a 0002_x "CREATE TABLE a (x INT);" &&
		side b 0002_x "CREATE TABLE b (x INT);" &&
		side c 0002_y "CREATE TABLE c (x INT);" &&
		verdict 1 "collision\n" a b &&
		verdict 1 "collision\n" a c &&
		git config migrate.numbering timestamp &&
		verdict 1 "collision\n" a b &&
		verdict 0 "" a c
	)
'

test_expect_success 'who took the same number may be in the way as well' '
	(
		project both sequence &&
		side a 0002_a "ALTER TABLE users DROP COLUMN email;" &&
		side b 0002_b "UPDATE users SET email = 1;" &&
		side c 0002_c "SELECT mystery(1);" &&
		verdict 1 "collision\nconflict\n" a b &&
		verdict 1 "collision\nunknown\n" a c &&
		test_expect_code 1 git migrate conflicts a b >actual &&
		test_grep "1 collision, 1 conflict, 0 unknown" actual &&
		test_grep "drops column .users.email" actual &&
		test_expect_code 1 git migrate conflicts --refs "[ab]" \
			--porcelain >actual &&
		cut -f1 actual >verdicts &&
		printf "collision\nconflict\n" >expect &&
		test_cmp expect verdicts
	)
'

test_expect_success 'what was picked twice is one, under a new name two' '
	(
		project picked &&
		side a 0002_a "ALTER TABLE users ADD a INT;" &&
		git checkout -q -b b main &&
		make_migration 0003_b "CREATE TABLE b (x INT);" "" &&
		test_commit_all b &&
		git cherry-pick a >out &&
		verdict 0 "" a b &&
		git mv migrations/0002_a.sql migrations/0004_a.sql &&
		sed -i "1i -- migrate:parent 0003_b" migrations/0004_a.sql &&
		test_commit_all renamed &&
		verdict 1 "conflict\n" a b
	)
'

test_expect_success 'what was reverted, or got a new header, is no change' '
	(
		project reverted &&
		side a 0002_a "ALTER TABLE users ADD a INT;" &&
		git revert --no-edit HEAD >out &&
		side b 0003_b "ALTER TABLE users ADD a INT;" &&
		verdict 0 "" a b &&
		git checkout -q -b c main &&
		sed -i "1i -- migrate:parent none" migrations/0001_base.sql &&
		test_commit_all c &&
		side d 0004_d "DROP TABLE users;" &&
		verdict 0 "" c d
	)
'

test_expect_success 'a squash merge holds the same content' '
	(
		project squash &&
		side topic 0002_a "ALTER TABLE users ADD a INT;" &&
		git checkout -q main &&
		git merge -q --squash topic &&
		test_commit_all squashed &&
		verdict 0 "" topic main
	)
'

test_expect_success 'an octopus merge brings all of its sides' '
	(
		project octopus &&
		side a 0002_a "ALTER TABLE users ADD a INT;" &&
		side b 0003_b "ALTER TABLE users ADD b INT;" &&
		side c 0004_c "ALTER TABLE users ADD c INT;" &&
		side d 0005_d "ALTER TABLE users ADD b TEXT;" &&
		git checkout -q -b all a &&
		git merge -q -m all b c &&
		verdict 1 "conflict\n" all d &&
		test_grep 0003_b rows &&
		verdict 0 "" all b
	)
'

test_expect_success 'a criss-cross history has several bases' '
	(
		project cross &&
		side a 0002_a "ALTER TABLE users ADD a INT;" &&
		side b 0003_b "ALTER TABLE users ADD b INT;" &&
		git merge -q -m ba a &&
		git checkout -q a &&
		git merge -q -m ab b^1 &&
		git merge-base --all a b >bases &&
		test_line_count = 2 bases &&
		make_migration 0004_c "ALTER TABLE posts ADD x INT;" "" &&
		test_commit_all c &&
		verdict 0 "" a b &&
		git checkout -q b &&
		make_migration 0005_d "ALTER TABLE posts ADD x INT; --" "" &&
		test_commit_all d &&
		verdict 1 "conflict\n" a b
	)
'

test_expect_success 'the work tree against what is published' '
	(
		project upstream &&
		git clone -q . ../ours &&
		make_migration 0002_a "ALTER TABLE users DROP COLUMN email;" \
			"" &&
		test_commit_all theirs &&
		cd ../ours &&
		git fetch -q &&
		git migrate conflicts >actual &&
		test_grep "work tree and .origin/main.: independent" actual &&
		make_migration 0003_b "CREATE INDEX i ON users (email);" "" &&
		test_expect_code 1 git migrate conflicts >actual &&
		test_grep "0003_b.sql:2: uses column .users.email" actual &&
		cd migrations &&
		test_expect_code 1 git migrate conflicts >actual
	)
'

test_expect_success 'without anything published it says what to type' '
	(
		project alone &&
		test_expect_code 128 git migrate conflicts 2>err &&
		test_grep "nothing is published" err &&
		test_grep "hint: .*git migrate conflicts BRANCH" err
	)
'

test_expect_success 'every two branches that are open' '
	(
		project hub &&
		side a 0002_a "ALTER TABLE users ADD a INT;" &&
		side b 0003_b "ALTER TABLE users ADD a TEXT;" &&
		side c 0004_c "ALTER TABLE users ADD c INT;" &&
		git checkout -q main &&
		git branch merged &&
		git clone -q . ../clone &&
		cd ../clone &&
		test_expect_code 1 git migrate conflicts --all --porcelain \
			>rows &&
		printf "%s\t" conflict refs/remotes/origin/b \
			migrations/0003_b.sql refs/remotes/origin/a \
			migrations/0002_a.sql >expect &&
		echo >>expect &&
		test_cmp expect rows &&
		test_expect_code 1 git migrate conflicts --all >actual &&
		test_grep "^6 pairs of sides: 0 collisions, 1 con" actual &&
		git migrate conflicts --refs "origin/[ac]" >actual &&
		test_grep "^3 pairs of sides" actual &&
		test_expect_code 129 git migrate conflicts --all a
	)
'

test_expect_success 'in a bare repository, and in a linked work tree' '
	(
		project shared &&
		side a 0002_a "ALTER TABLE users ADD a INT;" &&
		side b 0003_b "ALTER TABLE users ADD a TEXT;" &&
		git worktree add -q ../linked main &&
		git clone -q --bare . ../shared.git &&
		verdict 1 "conflict\n" a b &&
		cd ../linked &&
		verdict 1 "conflict\n" a b &&
		cd ../shared.git &&
		verdict 1 "conflict\n" a b
	)
'

test_expect_success 'a shallow clone says what to fetch' '
	(
		project deep &&
		side a 0002_a "ALTER TABLE users ADD a INT;" &&
		side b 0003_b "ALTER TABLE users ADD b INT;" &&
		git clone -q --depth 1 --no-single-branch "file://$PWD" \
			../shallow &&
		cd ../shallow &&
		test_expect_code 128 git migrate conflicts origin/a origin/b \
			2>err &&
		test_grep "no common history" err &&
		test_grep "hint: .*git fetch --unshallow" err &&
		git fetch -q --unshallow &&
		git migrate conflicts origin/a origin/b
	)
'

test_expect_success 'a file that is too large to be read is unknown' '
	mkdir nothing &&
	(
		project large &&
		side b 0003_b "CREATE TABLE b (x INT);" &&
		git read-tree main &&
		blob=$(head -c 257M /dev/zero |
			git -c core.compression=1 hash-object -w --stdin) &&
		git update-index --add \
			--cacheinfo 100644,$blob,migrations/0002_a.sql &&
		tree=$(git write-tree) &&
		git branch a $(git commit-tree -p main -m a $tree) &&
		git reset -q --hard &&
		reason="migrations/0002_a.sql. is larger than 256 MiB$" &&
		git migrate conflicts a b >out &&
		test_grep "^unknown: .*$reason" out &&
		PATH=$TRASH/nothing "$GM_BUILD_DIR/git-migrate" conflicts \
			a b >out &&
		test_grep "^unknown: .*$reason" out &&
		for round in cold warm
		do
			git migrate conflicts --all >out &&
			test_grep "^unknown: .*$reason" out || return 1
		done
	)
'

test_expect_success 'what stood before the fork carries from one to the other' '
	(
		project ground &&
		make_migration 0002_more "CREATE TRIGGER noted AFTER INSERT
ON users BEGIN INSERT INTO posts VALUES (NEW.id, NEW.email); END;
CREATE TABLE tags (id INT, label TEXT);" "" &&
		test_commit_all more &&
		side drops 0003_drops "DROP TABLE posts;" &&
		side adds 0004_adds "INSERT INTO users VALUES (1, 2);" &&
		side renames 0005_renames \
			"ALTER TABLE tags RENAME COLUMN label TO name;" &&
		side tags 0006_tags "INSERT INTO tags VALUES (1, 2);" &&
		for round in cold warm
		do
			verdict 0 "unknown\n" drops adds &&
			verdict 0 "unknown\n" renames drops &&
			verdict 0 "" tags drops || return 1
		done &&
		rm -rf .git/migrate &&
		for round in cold warm
		do
			git migrate conflicts --all >out &&
			test_grep "drops.* and .*adds.*: unknown" out ||
			test_grep "adds.* and .*drops.*: unknown" out ||
			return 1
		done &&
		git migrate conflicts drops adds >out &&
		test_grep "stood before the fork, both may touch table posts" \
			out
	)
'

test_expect_success 'a name that is no commit, or too many of them' '
	(
		cd lines &&
		test_expect_code 128 git migrate conflicts nowhere 2>err &&
		test_grep nowhere err &&
		test_expect_code 129 git migrate conflicts a b main
	)
'

test_done
