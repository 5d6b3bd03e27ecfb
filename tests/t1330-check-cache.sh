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

agrees() {
	test_expect_code 1 git migrate check --staged >actual.out &&
	test_cmp expect.out actual.out &&
	test_expect_code 1 git migrate check HEAD >actual.out &&
	test_cmp expect.out actual.out
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
			test_cmp expect.out one.out &&
			test_cmp expect.out two.out &&
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
