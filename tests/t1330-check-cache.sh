#!/bin/sh
test_description='check: what it remembers saves time, and nothing else'
. "${0%/*}/test-lib.sh"

cache=.git/migrate/summaries
export cache

# Findings of several kinds, committed.
test_expect_success 'a project with something to find' '
	test_project app --numbering sequence &&
	(
		cd app &&
		printf "/*.out\n" >>.gitignore &&
		make_table 0001_a a &&
		make_migration 0002_b "CREATE TABLE b (id);" "-- nothing" &&
		git migrate seal -q &&
		make_migration 0003_c "SELECT 1;" "" 0002_b 0001_a &&
		make_migration 0004_d "SELECT 2;" "" 0009_z &&
		make_migration 0005_e "" "" 0003_c &&
		echo "-- migrate:bogus" >migrations/0006_f.sql &&
		{
			echo "-- migrate:irreversible because" &&
			echo "-- migrate:depends other/1_a" &&
			echo "-- migrate:up" &&
			echo "SELECT 3;"
		} >migrations/0007_g.sql &&
		test_commit_all all &&
		test_expect_code 1 git migrate check >expect.out &&
		test_path_is_missing "$cache"
	)
'

# What seals a file isn't the same in the index.
any_seal='s/git migrate seal .*/git migrate seal/'

# is_same FILE: that is what was found in the work tree's files.
is_same() {
	sed "$any_seal" expect.out >wanted.out &&
	sed "$any_seal" "$1" >found.out &&
	test_cmp wanted.out found.out
}

# agrees: the same is found in the index and in the commit.
agrees() {
	test_expect_code 1 git migrate check --staged >actual.out &&
	is_same actual.out &&
	test_expect_code 1 git migrate check HEAD >actual.out &&
	is_same actual.out
}

test_expect_success 'the same is found with and without it' '
	(
		cd app &&
		agrees &&
		test_path_exists "$cache" &&
		cp "$cache" before.out &&
		agrees &&
		test_cmp "$cache" before.out &&
		rm -rf .git/migrate &&
		agrees &&
		test_cmp "$cache" before.out
	)
'

test_expect_success 'a damaged one counts as none' '
	(
		cd app &&
		size=$(wc -c <"$cache") &&
		for bytes in 0 1 40 $((size / 2)) $((size - 1))
		do
			head -c "$bytes" before.out >"$cache" &&
			agrees &&
			test_cmp "$cache" before.out || return 1
		done &&
		{ head -c $((size - 9)) before.out && printf "damaged!!"; } \
			>"$cache" &&
		agrees &&
		test_cmp "$cache" before.out &&
		rm "$cache" &&
		ln -s /etc/passwd "$cache" &&
		agrees &&
		rm "$cache" &&
		mkdir "$cache" &&
		agrees &&
		rmdir "$cache"
	)
'

test_expect_success 'where it cannot be written, nothing is said' '
	(
		cd app &&
		rm -rf .git/migrate &&
		: >.git/migrate &&
		agrees &&
		rm .git/migrate &&
		mkdir .git/migrate &&
		: >"$cache.lock" &&
		agrees &&
		test_path_is_missing "$cache" &&
		touch -d "1 hour ago" "$cache.lock" &&
		agrees &&
		test_path_is_missing "$cache.lock" &&
		test_cmp "$cache" before.out
	)
'

test_expect_success 'two at once leave a whole one' '
	(
		cd app &&
		for round in 1 2 3 4 5
		do
			rm -f "$cache" &&
			git migrate check HEAD >one.out &
			git migrate check --staged >two.out
			wait
			is_same one.out && is_same two.out &&
			test_cmp "$cache" before.out || return 1
		done
	)
'

test_expect_success 'a git that is too old to be talked with is asked' '
	mkdir -p "$TRASH/bin" &&
	real=$(command -v git) &&
	{
		echo "#!/bin/sh" &&
		echo "case \$* in *--batch-command*)" &&
		echo "	echo usage >&2; : >\"$TRASH/was-old\"; exit 129 ;;" &&
		echo "esac" &&
		echo "exec \"$real\" \"\$@\""
	} >"$TRASH/bin/git" &&
	chmod +x "$TRASH/bin/git" &&
	(
		cd app &&
		PATH="$TRASH/bin:$PATH" &&
		test_expect_code 1 git-migrate check HEAD >actual.out &&
		test_cmp expect.out actual.out &&
		test_path_exists "$TRASH/was-old"
	)
'

# clean N: nothing is found, and then the cache has N lines, of which two are
# its own.
clean() {
	wanted=$1
	shift
	git migrate check "$@" >actual.out 2>&1 &&
	test_cmp clean.out actual.out &&
	grep -c . .git/migrate/clean >count.out &&
	echo "$wanted" >wanted.out &&
	test_cmp wanted.out count.out
}

test_expect_success 'what was clean is clean, while nothing changes' '
	test_project tidy --numbering sequence &&
	(
		cd tidy &&
		printf "/*.out
" >>.gitignore &&
		make_table 0001_a a &&
		git migrate seal -q &&
		test_commit_all one &&
		git branch pub &&
		make_table 0002_b b &&
		git migrate seal -q &&
		test_commit_all two &&
		echo "2 migrations, 0 errors, 0 warnings" >clean.out &&
		clean 3 --base pub HEAD &&
		clean 3 --base pub HEAD &&
		clean 3 --base pub HEAD^0 &&
		git commit -q --allow-empty -m other &&
		clean 3 --base pub HEAD &&
		git branch other &&
		clean 4 --base other HEAD &&
		clean 4 --range pub..HEAD &&
		git config migrate.heads linear &&
		clean 5 --base pub HEAD &&
		git config migrate.check.no-down error &&
		clean 6 --base pub HEAD &&
		cp .git/migrate/clean before.out &&
		make_migration 0003_c "SELECT 1;" "" 0002_b &&
		git migrate seal -q &&
		test_commit_all three &&
		test_expect_code 1 git migrate check --base pub HEAD &&
		test_expect_code 1 git migrate check --base pub HEAD &&
		test_cmp before.out .git/migrate/clean &&
		git config migrate.check.no-down off &&
		git migrate check --base pub HEAD &&
		git switch -q -c theirs pub &&
		make_table 0003_d d 0001_a &&
		git migrate seal -q &&
		test_commit_all d &&
		git branch -q -f pub &&
		test_expect_code 1 git migrate check --base pub main \
			>actual.out &&
		test_grep "\[collision\]" actual.out &&
		git config migrate.dir nowhere &&
		git migrate check --base pub main >actual.out &&
		test_grep "^0 migrations" actual.out
	)
'

test_expect_success 'a note is found again, and a merge without lines' '
	(
		cd tidy &&
		git config --unset migrate.dir &&
		git config migrate.heads independent &&
		git migrate check HEAD >actual.out 2>&1 &&
		test_grep "nothing is published" actual.out &&
		git migrate check HEAD >actual.out 2>&1 &&
		test_grep "nothing is published" actual.out &&
		git switch -q --orphan plain &&
		git config migrate.check.unsealed off &&
		mkdir -p migrations &&
		make_migration 0001_a "CREATE TABLE a (x, y);" "" &&
		git config -f .gitmigrate migrate.numbering sequence &&
		test_commit_all plain &&
		git switch -q -c ours &&
		make_migration 0002_b "CREATE INDEX i ON a (x);" "" &&
		test_commit_all ours &&
		git switch -q -c both plain &&
		make_migration 0003_c "ALTER TABLE a DROP COLUMN x;" "" &&
		test_commit_all theirs &&
		git migrate check --base plain both &&
		git merge -q -m both ours &&
		test_expect_code 1 git migrate check --base plain both \
			>actual.out &&
		test_grep "\[conflict\]" actual.out &&
		git reset -q --hard both^ &&
		git checkout -q ours -- migrations &&
		test_commit_all "the same tree, no merge" &&
		git migrate check --base plain both &&
		git reset -q --hard ORIG_HEAD &&
		test_expect_code 1 git migrate check --base plain both
	)
'

test_expect_success 'a file that got the id of its parent is read again' '
	(
		cd app &&
		agrees &&
		git mv migrations/0005_e.sql migrations/0003_c.sql -f &&
		test_expect_code 1 git migrate check --staged >actual.out &&
		test_grep "0003_c.sql:1: error: .0003_c. is its own parent" \
			actual.out
	)
'

test_done
