#!/bin/sh
test_description='show: who brought a migration, who published and changed it'
. "${0%/*}/test-lib.sh"

# Two people: one writes a migration on a branch, the other one merges it.
test_expect_success 'setup' '
	git init -q --bare app.git &&
	test_project app --numbering sequence &&
	(
		cd app &&
		git remote add origin ../app.git &&
		printf "/%s\n" out err actual expect >.git/info/exclude &&
		test_commit_all one &&
		git switch -q -c work &&
		make_table 0001_a a none &&
		git migrate seal -q &&
		test_commit_all "make a" &&
		git tag brought &&
		echo more >file && test_commit_all more &&
		git switch -q main &&
		echo other >other && test_commit_all other &&
		test_tick &&
		git -c user.name="C O Mitter" merge -q --no-ff \
			-m "Merge branch work" work &&
		git tag published &&
		echo last >last && test_commit_all last &&
		git push -q origin main &&
		git migrate apply -q
	)
'

test_expect_success 'who brought it, and how it came to the published ref' '
	(
		cd app &&
		git migrate show 1 >out &&
		brought=$(git rev-parse --short=12 brought) &&
		published=$(git rev-parse --short=12 published) &&
		when=$(git log -1 --format=%aI brought) &&
		test_grep "^Brought:   $brought by A U Thor \
<author@example.com> on $when (make a)\$" out &&
		when=$(git log -1 --format=%cI published) &&
		test_grep "^Published: $published by .* on $when (Merge branch \
work), on origin/main\$" out &&
		test_grep "^On:        main, origin/main, published, work\$\
\|^On:        .*work" out &&
		git migrate show --json 1 >out &&
		json "map { \$j->{migrations}[0]{\$_} } qw(introduced_in
			published_in published_at published_on)" <out >actual &&
		printf "%s\n" "$(git rev-parse brought)" \
			"$(git rev-parse published)" "$when" origin/main \
			>expect &&
		test_cmp expect actual
	)
'

test_expect_success 'what is not published says nothing of it' '
	(
		cd app &&
		make_table 0002_b b 0001_a &&
		git migrate show 2 >out &&
		test_grep ! "^Published:" out &&
		test_grep ! "^Brought:" out &&
		test_grep ! "^On:" out &&
		git migrate seal -q && test_commit_all b &&
		git branch other &&
		git migrate show 2 >out &&
		test_grep "^Brought: .* (b)\$" out &&
		test_grep ! "^Published:" out &&
		test_grep "^On:        main, other\$" out &&
		git migrate show --json 2 >out &&
		json "@{\$j->{migrations}[0]}{qw(published_in published_on)}" \
			<out >actual &&
		printf "%s\n" null null >expect &&
		test_cmp expect actual
	)
'

# edit TABLE MESSAGE: another up section for 0002_b
edit() {
	make_table 0002_b "$1" 0001_a &&
	git migrate seal -q &&
	test_commit_all "$2"
}

test_expect_success 'an edited one names the commits since it was applied' '
	(
		cd app &&
		edit b2 "before it was applied" &&
		git migrate apply -q &&
		edit b3 "one" && edit b4 "two" &&
		echo unrelated >file && test_commit_all unrelated &&
		git migrate show 2 >out &&
		sed -n "s/^Changed: .*(\(.*\))\$/\1/p" out >actual &&
		printf "%s\n" two one >expect &&
		test_cmp expect actual &&
		git migrate show --json 2 >out &&
		json "@{\$j->{migrations}[0]{changed_in}}" <out >actual &&
		git rev-parse HEAD~1 HEAD~2 >expect &&
		test_cmp expect actual &&
		test_expect_code 1 git migrate apply 2>err >out &&
		sed -n "s/^hint: changed in [0-9a-f]* (\(.*\)) by .*/\1/p" err \
			>actual &&
		printf "%s\n" two one >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a change that no commit has is said to be one' '
	(
		cd app &&
		make_table 0002_b b5 0001_a &&
		git migrate show 2 >out &&
		test_grep "^Changed:   not committed yet\$" out &&
		test_grep "^Changed: .*(two)" out &&
		test_expect_code 1 git migrate apply 2>err >out &&
		test_grep "^hint: the change isn.t committed yet" err &&
		git checkout -q migrations
	)
'

test_expect_success 'rewritten commits are found by what they hold' '
	(
		cd app &&
		git commit -q --amend -m "unrelated, again" &&
		git rebase -q --force-rebase HEAD~4 &&
		git migrate show 2 >out &&
		sed -n "s/^Changed: .*(\(.*\))\$/\1/p" out >actual &&
		printf "%s\n" two one >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'more than three are counted where apply refuses' '
	(
		cd app &&
		edit b6 three && edit b7 four && edit b8 five &&
		test_expect_code 1 git migrate apply 2>err >out &&
		test_grep "^hint: changed in .*(five)" err &&
		test_grep ! "(two)" err &&
		test_grep "^hint: and in 2 more: git migrate show 0002_b\$" err
	)
'

test_expect_success 'what was applied and never committed has its last change' '
	(
		cd app &&
		git migrate restore -q 2 >out 2>err &&
		test_commit_all restored &&
		make_table 0003_c c 0002_b &&
		git migrate apply -q &&
		make_table 0003_c c2 0002_b &&
		test_commit_all "c, otherwise" &&
		git migrate show 3 >out &&
		test_grep "^Changed: .*(c, otherwise)\$" out
	)
'

test_expect_success 'a shallow clone says that it does not know all' '
	git -C app push -q origin main &&
	git clone -q --depth 1 "file://$PWD/app.git" shallow &&
	(
		cd shallow &&
		git migrate show 1 >out &&
		test_grep "^Brought: .*as far as this shallow clone tells" out
	)
'

test_expect_success 'outside of a repository git is left out' '
	mkdir alone &&
	(
		cd alone &&
		git migrate init --url sqlite:app.db 2>err &&
		make_table 1_a a &&
		git migrate apply -q &&
		git migrate show 1 >out &&
		test_grep ! "^Brought:\|^Published:\|^On:\|^Changed:" out
	)
'

test_expect_success 'a terminal gets no control characters of the text' '
	git init -q shown &&
	(
		cd shown &&
		mkdir migrations &&
		printf -- "-- migrate:up\nSELECT 1; -- \033[2J\001\n" \
			>migrations/0001_a.sql &&
		git migrate show --url sqlite:app.db 1 >raw &&
		printf "SELECT 1; -- \033[2J\001\n" >expect &&
		tail -n 1 raw >actual &&
		test_cmp expect actual &&
		{ command -v script >/dev/null || exit 0; } &&
		GIT_PAGER=cat TERM=dumb script -qefc \
			"git-migrate show --url sqlite:app.db 1" screen \
			</dev/null >/dev/null &&
		test_grep "SELECT 1; -- .x1b.2J.x01" screen &&
		GIT_PAGER= TERM=dumb script -qefc \
			"git-migrate show --url sqlite:app.db 1" screen \
			</dev/null >/dev/null &&
		test_grep "SELECT 1; -- .x1b.2J.x01" screen
	)
'

test_done
