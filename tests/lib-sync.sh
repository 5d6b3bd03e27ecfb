# shellcheck shell=sh
# The story that sync is told with on every database: three branches, and the
# database that follows from one to the next. It is sourced behind test-lib.sh;
# the script says with tables_are what the tables of its database are.
#
#	$URL		the database
#	tables_are NAME…	these, by name, without the tool's own

# three_branches: main has users; posts and tags are written on top of it,
# each on a branch of its own, and tags uses users.
three_branches() {
	# What the tests write beside the files is none of theirs.
	printf "/%s\n" "app.db*" out err expect actual status before after new \
		>>.git/info/exclude &&
	git config migrate.autoSeal false &&
	make_migration 0001_users \
		"CREATE TABLE users (id INTEGER PRIMARY KEY);" \
		"DROP TABLE users;" none &&
	test_commit_all users &&
	git checkout -q -B posts &&
	make_migration 0002_posts \
		"CREATE TABLE posts (id INTEGER PRIMARY KEY);" \
		"DROP TABLE posts;" 0001_users &&
	test_commit_all posts &&
	git checkout -q -B tags main &&
	make_migration 0003_tags \
		"CREATE TABLE tags (id INTEGER PRIMARY KEY);
INSERT INTO tags VALUES (1);" "DROP TABLE tags;" 0001_users &&
	make_migration 0004_names \
		"ALTER TABLE users ADD COLUMN name VARCHAR(20);" \
		"ALTER TABLE users DROP COLUMN name;" 0003_tags &&
	test_commit_all tags &&
	git checkout -q main
}

# follow BRANCH TABLE…: the branch is checked out, and these are its tables
follow() {
	branch=$1
	shift
	git checkout -q "$branch" &&
	git migrate sync >out 2>err &&
	git migrate status --exit-code &&
	tables_are "$@"
}

test_story() {
	test_expect_success 'the database follows from branch to branch' '
		three_branches &&
		follow main users &&
		follow posts posts users &&
		follow tags tags users &&
		test_grep "undo .0002_posts.: it is not in the tree" err &&
		test_grep "loses table posts" err &&
		test_grep "^target: " err &&
		test_grep "applied 0003_tags" out &&
		follow posts posts users &&
		test_grep "loses column users.name" err &&
		follow tags tags users &&
		follow main users &&
		git migrate sync >out &&
		test_grep "nothing to sync" out
	'

	test_expect_success 'a branch, a tag, a bare repository: all the same' '
		git tag v1 posts &&
		git migrate sync v1 &&
		tables_are posts users &&
		git migrate sync tags &&
		tables_are tags users &&
		git clone -q --bare . ../bare.git &&
		git -C ../bare.git migrate sync --url "$URL" posts &&
		tables_are posts users &&
		git -C ../bare.git migrate sync --url "$URL" &&
		tables_are users &&
		test_when_finished "rm -rf ../bare.git"
	'

	test_expect_success 'after a merge nothing is undone' '
		follow posts posts users &&
		test_tick && git merge -q -m both tags &&
		git migrate sync >out 2>err &&
		test_grep ! "undo" err &&
		tables_are posts tags users &&
		git reset -q --hard HEAD^
	'

	test_expect_success 'an edit is undone with what stands on it' '
		follow tags tags users &&
		make_migration 0003_tags \
			"CREATE TABLE labels (id INTEGER PRIMARY KEY);" \
			"DROP TABLE labels;" 0001_users &&
		git migrate sync >out 2>err &&
		test_grep "undo and apply again .0003_tags.: it was edited" \
			err &&
		test_grep "apply again .0004_names.: it stands on .0003_tags" \
			err &&
		tables_are labels users &&
		git migrate status --exit-code &&
		git checkout -q . &&
		git migrate sync &&
		tables_are tags users
	'

	test_expect_success 'a comment, a down or a new name undo nothing' '
		sed "s/^CREATE/-- for a label\n&/" migrations/0003_tags.sql \
			>new &&
		mv new migrations/0003_tags.sql &&
		git mv migrations/0004_names.sql migrations/0005_names.sql &&
		git migrate sync >out 2>err &&
		echo "renamed 0005_names (was 0004_names)" >expect &&
		test_cmp expect out &&
		test_grep ! undo err &&
		tables_are tags users &&
		git reset -q --hard && git migrate sync
	'

	test_expect_success 'of several at once each waits for the last' '
		git migrate sync -q posts &&
		pids= &&
		for at in tags posts tags tags posts
		do
			git-migrate sync -q $at &
			pids="$pids $!"
		done &&
		for pid in $pids
		do
			wait "$pid" || return 1
		done &&
		git migrate sync -q tags &&
		tables_are tags users &&
		git migrate status --exit-code
	'

	test_expect_success 'one that cannot be undone lets nothing start' '
		make_migration 0005_last "SELECT 1;" "" 0004_names &&
		test_commit_all last &&
		git migrate apply &&
		git migrate log --porcelain >before &&
		test_expect_code 1 git migrate sync main >out 2>err &&
		test_grep "error: .0005_last. can.t be undone: .*down" err &&
		test_grep "hint: .*git migrate fake --undo 0005_last" err &&
		git migrate log --porcelain >after &&
		test_cmp before after &&
		tables_are tags users &&
		git migrate fake --undo 0005_last &&
		git reset -q --hard HEAD^ &&
		git migrate status --exit-code
	'

	test_expect_success 'a failure tells where, and what is left is told' '
		git checkout -q -B broken main &&
		make_migration 0002_wrong "CREATE TABLE wrong (id INTEGER);
INSERT INTO nowhere VALUES (1);" "DROP TABLE wrong;" 0001_users &&
		test_commit_all wrong &&
		test_expect_code 128 git migrate sync >out 2>err &&
		test_grep "0002_wrong.sql:5:.*nowhere" err
	'
}
