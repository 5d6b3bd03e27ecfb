#!/bin/sh
test_description='histories in which a side takes a migration away'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-histories.sh"

# A project of one migration that is published as the branch "pub", and one
# that isn't: both branches, "a" and "b", have it from "shared".
project() {
	test_project "$1" &&
	cd "$1" &&
	git config migrate.published refs/heads/pub &&
	git config migrate.check.no-down off &&
	git config migrate.check.unsealed off &&
	printf "/*.out\n/*.expect\n" >>.gitignore &&
	add 0001_base "CREATE TABLE users (id INTEGER, email TEXT);" none &&
	git branch pub &&
	git switch -q -c shared &&
	add 0002_shared "${2-CREATE TABLE posts (id INTEGER, title TEXT);}" &&
	git switch -q -c b &&
	git switch -q -c a
}

# loose ID SQL [PARENT]: the same without a checksum, a pin and, if it isn't
# said, a parent.
loose() {
	loose_id=$1
	loose_sql=$2
	shift 2
	make_migration "$loose_id" "$loose_sql" "" "$@" &&
	test_commit_all "$loose_id"
}

delete() {
	git rm -q "migrations/$1.sql" &&
	git commit -q -m "without $1"
}

# between STATUS VERDICT [REASON]: what `conflicts` says of the two, either way
# round, and --all of them, when it is asked and when it remembers.
between() {
	between_code=$1
	printf "%s" "${2:+$2
}" >verdicts.expect &&
	for how in "a b" "b a" "--refs refs/heads/[ab]" "--refs refs/heads/[ab]"
	do
		# shellcheck disable=SC2086 # several words
		test_expect_code "$between_code" \
			git migrate conflicts --porcelain $how >rows.out &&
		cut -f 1 rows.out >verdicts.out &&
		test_cmp verdicts.expect verdicts.out &&
		cut -f 6 rows.out >reasons.out &&
		{ test -z "${3-}" || test_grep "$3" reasons.out; } ||
			return 1
	done
}

# gone NAME SHARED OURS: "a" deletes the shared one, "b" has a migration that
# doesn't stand on it.
gone() {
	rm -rf "$1" &&
	project "$1" "$2" &&
	delete 0002_shared &&
	git switch -q b &&
	add 0003_ours "$3"
}

test_expect_success 'deleted on one side, used on the other' '
	(
		gone used "CREATE TABLE posts (id INTEGER, title TEXT);" \
			"CREATE INDEX i ON posts (title);" &&
		between 1 conflict "0002_shared.sql. is deleted$"
	) &&
	(
		gone column "ALTER TABLE users ADD list TEXT;" \
			"UPDATE users SET list = 1;" &&
		between 1 conflict
	) &&
	(
		gone renamed "ALTER TABLE users RENAME TO people;" \
			"CREATE INDEX i ON people (email);" &&
		between 1 conflict
	) &&
	(
		gone dropped "DROP TABLE users;" \
			"CREATE TABLE users (id INTEGER);" &&
		between 1 conflict
	)
'

test_expect_success 'what the other side does not use may go' '
	(
		gone unused "CREATE TABLE posts (id INTEGER, title TEXT);" \
			"CREATE INDEX i ON users (email);" &&
		between 0 ""
	) &&
	(
		gone scratch "CREATE TABLE tmp (x INTEGER); DROP TABLE tmp;" \
			"CREATE TABLE tmp (y INTEGER);" &&
		between 0 ""
	) &&
	(
		gone reading "CREATE TABLE copy AS SELECT email FROM users;" \
			"UPDATE users SET email = 1;" &&
		between 0 ""
	) &&
	(
		gone tolerant "CREATE TABLE posts (id INTEGER);" \
			"DROP TABLE IF EXISTS posts;" &&
		between 0 ""
	)
'

test_expect_success 'what may have been there before is not certain' '
	(
		gone perhaps "CREATE TABLE IF NOT EXISTS posts (id INTEGER);" \
			"INSERT INTO posts (id) VALUES (1);" &&
		between 0 unknown
	) &&
	(
		gone mystery "SELECT mystery(1);" \
			"CREATE TABLE b (x INTEGER);" &&
		between 0 unknown
	)
'

test_expect_success 'both files, their lines and objects are shown' '
	(
		cd used &&
		test_expect_code 1 git migrate conflicts a b >actual.out &&
		cat >shown.expect <<-\END &&
		'\''a'\'' and '\''b'\'': conflict
		conflict: migrations/0002_shared.sql and \
		migrations/0003_ours.sql: '\''migrations/0002_shared.sql'\'' \
		is deleted
		  migrations/0002_shared.sql:5: no longer creates table \
		'\''posts'\''
		       5  CREATE TABLE posts (id INTEGER, title TEXT);
		  migrations/0003_ours.sql:5: uses table '\''posts'\''
		       5  CREATE INDEX i ON posts (title);
		1 pair of sides: 0 collisions, 1 conflict, 0 unknown
		END
		sed -e :a -e "/\\\\$/N; s/\\\\\n//; ta" shown.expect \
			>joined.expect &&
		test_cmp joined.expect actual.out &&
		test_expect_code 1 git migrate conflicts --json a b >json.out &&
		test_grep "no longer creates table .posts" json.out &&
		test_grep "\"a_deleted\": true" json.out &&
		test_grep "\"b_deleted\": false" json.out
	)
'

test_expect_success 'deleted on one side, stood upon by the other' '
	(
		project parent &&
		delete 0002_shared &&
		git switch -q b &&
		add 0003_ours "CREATE TABLE b (x INTEGER);" 0002_shared &&
		between 1 conflict \
			"0003_ours.sql. stands on .*0002_shared.sql., which" &&
		git merge -q -m merged a &&
		says 1 unknown-parent
	) &&
	(
		project implied "CREATE TABLE posts (x INTEGER);" &&
		delete 0002_shared &&
		git switch -q b &&
		loose 0003_ours "CREATE TABLE b (x INTEGER);" &&
		between 0 "" &&
		git merge -q -m merged a &&
		says 0 "" &&
		git migrate apply -q
	) &&
	(
		project depends &&
		git config -f .gitmigrate --unset migrate.dir &&
		git config -f .gitmigrate migrate-app.x.dir x &&
		git config -f .gitmigrate migrate-app.y.dir migrations &&
		test_commit_all app &&
		git branch -f b &&
		delete 0002_shared &&
		git switch -q b &&
		mkdir x &&
		printf "%s\n" "-- migrate:depends y/0002_shared" "" \
			"-- migrate:up" "CREATE TABLE b (x INTEGER);" \
			>x/0001_b.sql &&
		test_commit_all b &&
		between 1 conflict "x/0001_b.sql. stands on .*0002_shared.sql"
	)
'

test_expect_success 'a header that was written since stands on it as well' '
	(
		project header &&
		git switch -q shared &&
		loose 0003_more "CREATE TABLE more (x INTEGER);" &&
		git branch -f a &&
		git branch -f b &&
		git switch -q a &&
		delete 0002_shared &&
		git switch -q b &&
		sed -i "1i -- migrate:parent 0002_shared" \
			migrations/0003_more.sql &&
		test_commit_all header &&
		between 1 conflict "0003_more.sql. stands on" &&
		git merge -q -m merged a &&
		says 1 unknown-parent
	)
'

test_expect_success 'deleted on one side, edited on the other' '
	(
		project edited &&
		delete 0002_shared &&
		git switch -q b &&
		sed -i "s/title TEXT/title/" migrations/0002_shared.sql &&
		git migrate seal -q 0002_shared &&
		test_commit_all edited &&
		between 1 conflict \
			"is deleted on one side and edited on the other"
	)
'

test_expect_success 'deleted on one side, renamed on the other' '
	(
		project moved &&
		delete 0002_shared &&
		git switch -q b &&
		git mv migrations/0002_shared.sql migrations/0004_shared.sql &&
		test_commit_all moved &&
		between 1 conflict "deleted on one side and renamed to .0004" &&
		git switch -q -C a shared &&
		git mv migrations/0002_shared.sql migrations/0005_shared.sql &&
		test_commit_all moved &&
		between 1 conflict "has two new names, .000[45]" &&
		git switch -q -C a b &&
		git commit -q --amend --reset-author -m moved,too &&
		between 0 ""
	)
'

test_expect_success 'deleted on both sides' '
	(
		project both &&
		delete 0002_shared &&
		git switch -q b &&
		delete 0002_shared &&
		add 0003_ours "CREATE TABLE posts (x INTEGER);" &&
		between 0 ""
	)
'

test_expect_success 'renamed on one side, stood upon or used by the other' '
	(
		project number &&
		git mv migrations/0002_shared.sql migrations/0009_shared.sql &&
		test_commit_all renamed &&
		git switch -q b &&
		add 0010_ours "CREATE INDEX i ON posts (title);" 0002_shared &&
		between 0 "" &&
		git merge -q -m merged a &&
		says 0 "" &&
		git migrate apply -q
	) &&
	(
		project reparented &&
		git switch -q shared &&
		add 0003_more "CREATE TABLE more (x INTEGER);" &&
		git branch -f a &&
		git branch -f b &&
		git switch -q a &&
		git mv migrations/0003_more.sql migrations/0004_more.sql &&
		sed -i "1s/.*/-- migrate:parent 0002_shared/" \
			migrations/0004_more.sql &&
		git migrate seal -q 0004_more &&
		test_commit_all renamed &&
		git switch -q b &&
		add 0010_ours "CREATE INDEX i ON more (x);" 0003_more &&
		between 0 "" &&
		git merge -q -m merged a &&
		says 0 ""
	) &&
	(
		project unpinned &&
		git mv migrations/0002_shared.sql migrations/0009_shared.sql &&
		test_commit_all renamed &&
		git switch -q b &&
		loose 0010_ours "CREATE INDEX i ON posts (title);" \
			0002_shared &&
		between 1 conflict "names .*0002_shared.sql., which is .0009" &&
		git merge -q -m merged a &&
		says 1 unknown-parent
	)
'

test_expect_success 'reverted on one side, used on the other' '
	(
		project reverted &&
		git revert --no-edit HEAD >revert.out &&
		git switch -q b &&
		add 0003_ours "CREATE INDEX i ON posts (title);" &&
		between 1 conflict "is deleted$" &&
		git switch -q a &&
		git revert --no-edit HEAD >revert.out &&
		between 0 ""
	)
'

test_expect_success 'the revert of a revert brings a migration' '
	(
		project again &&
		git revert --no-edit HEAD >revert.out &&
		git branch -f shared &&
		git branch -f b &&
		git revert --no-edit HEAD >revert.out &&
		git switch -q b &&
		add 0003_ours "CREATE TABLE posts (id INTEGER);" &&
		between 1 conflict &&
		git switch -q -C b shared &&
		add 0003_ours "CREATE INDEX i ON users (email);" &&
		between 0 ""
	)
'

test_expect_success 'what another file makes again isn'\''t gone' '
	(
		project split &&
		delete 0002_shared &&
		add 0003_posts "CREATE TABLE posts (id INTEGER, title TEXT,
	more TEXT);" &&
		git switch -q b &&
		add 0004_ours "UPDATE posts SET title = 1;" &&
		between 0 "" &&
		git switch -q -C b shared &&
		add 0002_sooner "UPDATE posts SET title = 1;" &&
		between 1 conflict "0002_shared.sql. is deleted"
	)
'

test_expect_success 'the last migration of a directory' '
	(
		project last &&
		git switch -q shared &&
		mkdir x &&
		git config -f .gitmigrate migrate-app.x.dir x &&
		MIGRATIONS=x loose 0001_x "CREATE TABLE x (x INTEGER);" &&
		git branch -f a &&
		git branch -f b &&
		git switch -q a &&
		git rm -q x/0001_x.sql &&
		git commit -q -m without &&
		git switch -q b &&
		MIGRATIONS=x loose 0002_y "CREATE INDEX y ON x (x);" &&
		between 1 conflict "x/0001_x.sql. is deleted$"
	)
'

test_expect_success 'two branches on top of one that is not merged yet' '
	(
		cd used &&
		git migrate conflicts --all --porcelain >rows.out ||
		test $? = 1 &&
		cut -f 1,3,5 rows.out | grep 0002_shared.sql >pairs.out &&
		test_line_count = 1 pairs.out
	)
'

test_expect_success 'a criss-cross of which one base has it' '
	(
		project cross &&
		git switch -q a &&
		add 0004_a "CREATE TABLE a (x INTEGER);" &&
		git switch -q b &&
		add 0005_b "CREATE TABLE b (x INTEGER);" &&
		git merge -q -m ba a &&
		git switch -q a &&
		git merge -q -m ab b^1 &&
		git merge-base --all a b >bases.out &&
		test_line_count = 2 bases.out &&
		delete 0002_shared &&
		between 0 "" &&
		git switch -q b &&
		add 0006_use "CREATE INDEX i ON posts (title);" \
			0004_a 0005_b &&
		between 1 conflict
	)
'

test_expect_success 'what was published and is deleted there' '
	(
		project theirs &&
		git branch -f pub shared &&
		git switch -q pub &&
		delete 0002_shared &&
		git switch -q b &&
		says 0 "" &&
		add 0003_ours "CREATE INDEX i ON posts (title);" &&
		for how in "" "--staged" "HEAD" "--base pub"
		do
			says 1 conflict $how &&
			test_grep "0003_ours.sql.5.uses table .posts., but \
migrations/0002_shared.sql:5 of .pub. is deleted and no longer creates table \
.posts" rows.out || exit 1
		done &&
		test_expect_code 1 git migrate conflicts >actual.out &&
		test_grep "0002_shared.sql. is deleted" actual.out &&
		git switch -q -C b shared &&
		add 0003_ours "CREATE TABLE b (x INTEGER);" 0002_shared &&
		says 1 conflict &&
		test_grep "0003_ours.sql. stands on .*0002_shared.sql" rows.out
	)
'

test_expect_success 'what is published and we delete, and they use' '
	(
		project ours &&
		git branch -f pub shared &&
		git switch -q pub &&
		add 0003_theirs "CREATE INDEX i ON posts (title);" &&
		git switch -q a &&
		delete 0002_shared &&
		says 1 "conflict published-deleted" &&
		test_grep "0002_shared.sql.5.is deleted and no longer creates \
table .posts., but migrations/0003_theirs.sql:5 of .pub. uses" rows.out &&
		says 1 "conflict published-deleted" HEAD
	)
'

test_expect_success 'a merge of such sides' '
	(
		cd used &&
		git switch -q b &&
		git merge -q --no-commit a &&
		for how in "" "--staged"
		do
			says 1 conflict $how &&
			test_grep "0003_ours.sql.5.uses table .posts., but \
migrations/0002_shared.sql:5 beside it is deleted and no longer creates" \
				rows.out || exit 1
		done &&
		test_expect_code 1 git migrate merge >out.out 2>err.out &&
		test_must_be_empty out.out &&
		test_grep "^conflict: .*0003_ours.sql and .*0002_shared" \
			err.out &&
		test_grep "^error: .*2_shared.sql. is gone, and .*0003_ours" \
			err.out &&
		test_grep "^hint: git log --all -- migrations/0002_s" err.out &&
		git merge --abort &&
		git merge -q -m merged a &&
		says 1 conflict &&
		test_expect_code 1 git migrate merge 2>err.out &&
		test_grep "^error: .*0002_shared.sql. is gone" err.out &&
		says 1 conflict HEAD &&
		git reset -q --hard HEAD~1 &&
		git merge -q --no-commit a &&
		git checkout -q HEAD -- migrations &&
		says 0 "" &&
		says 0 "" --staged
	)
'

test_done
