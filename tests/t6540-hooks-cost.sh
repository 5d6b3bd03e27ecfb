#!/bin/sh
test_description='what the hooks ask of git: each process takes its time'
. "${0%/*}/test-lib.sh"

test_require sqlite3

# asks N COMMAND…: it succeeds, says nothing, and starts git so many times.
asks() {
	most=$1
	shift
	rm -f "$TRASH/trace" .git/migrate/clean &&
	GIT_TRACE=$TRASH/trace git-migrate "$@" >"$TRASH/said" 2>&1 &&
	test_must_be_empty "$TRASH/said" &&
	test_grep "built-in: git rev-parse" "$TRASH/trace" || return
	count=$(grep -c "built-in: git" "$TRASH/trace")
	if test "$count" -gt "$most"
	then
		echo "git was started $count times instead of $most: $*" >&2
		cat "$TRASH/trace" >&2
		return 1
	fi
}

# Published, applied, seen once; and a branch with one more.
test_expect_success 'set up' '
	test_published app && cd app &&
	git migrate apply -q && git migrate check HEAD &&
	base=$(git rev-parse HEAD) &&
	git commit -q --allow-empty -m nothing &&
	nothing=$(git rev-parse HEAD) &&
	make_table 0003_c c && git migrate seal -q && git add migrations &&
	git commit -q -m c && more=$(git rev-parse HEAD) &&
	git migrate apply -q &&
	zero=0000000000000000000000000000000000000000 &&
	echo "$nothing" >nothing && echo "$more" >more &&
	echo "refs/heads/main $nothing refs/heads/x $zero" >push.nothing &&
	echo "refs/heads/main $more refs/heads/x $base" >push.more &&
	echo "$base $nothing refs/heads/x" >receive.nothing &&
	echo "$base $more refs/heads/x" >receive.more
'

test_expect_success 'a commit' '
	git reset -q --soft "$nothing" &&
	asks 4 hook pre-commit &&
	asks 4 hook pre-merge-commit &&
	git read-tree "$nothing" && git add nothing &&
	asks 3 hook pre-commit &&
	git reset -q --hard "$more"
'

test_expect_success 'a push asks once, though it is looked at twice' '
	asks 4 hook pre-push x y <push.more &&
	asks 4 hook pre-push x y <push.nothing &&
	asks 4 hook pre-receive <receive.more &&
	asks 4 hook pre-receive <receive.nothing &&
	asks 4 hook update refs/heads/x "$base" "$more"
'

test_expect_success 'a checkout' '
	asks 3 hook post-checkout "$base" "$more" 1 &&
	asks 3 hook post-checkout "$base" "$nothing" 1 &&
	git update-ref ORIG_HEAD "$base" && asks 3 hook post-merge 0
'

bases() {
	grep -c "built-in: git merge-base" "$TRASH/trace"
}

# edited_after N: an edit of what is published is found behind so many commits.
edited_after() {
	# The set-up has it.
	# shellcheck disable=SC2154
	git reset -q --hard "$base" &&
	for i in $(seq "$1")
	do
		git commit -q --allow-empty -m "$i" || return 1
	done &&
	sed -i "s/(id INTEGER)/(n INTEGER)/" migrations/0002_b.sql &&
	git commit -q -a -m edit &&
	rm -f "$TRASH/trace" &&
	GIT_TRACE=$TRASH/trace test_expect_code 1 git migrate check HEAD >out &&
	test_grep published-edited out
}

test_expect_success 'a base that is near is found without git' '
	edited_after 0 && test "$(bases)" = 0 &&
	edited_after 7 && test "$(bases)" = 0 &&
	edited_after 8 && test "$(bases)" = 1 &&
	edited_after 20 && test "$(bases)" = 1
'

test_expect_success 'behind a merge, or beside it, git is asked' '
	git reset -q --hard "$base" && git switch -q -c side &&
	git commit -q --allow-empty -m side && git switch -q main &&
	edited_after 1 && git merge -q --no-edit side &&
	rm -f "$TRASH/trace" &&
	GIT_TRACE=$TRASH/trace test_expect_code 1 git migrate check HEAD >out &&
	test_grep published-edited out && test "$(bases)" -ge 1 &&
	git update-ref refs/remotes/origin/main side &&
	git reset -q --hard HEAD^ &&
	rm -f "$TRASH/trace" &&
	GIT_TRACE=$TRASH/trace test_expect_code 1 git migrate check HEAD >out &&
	test_grep published-edited out && test "$(bases)" = 1
'

test_done
