#!/bin/sh
test_description='log and show: what was applied, when, by whom, from where'
. "${0%/*}/test-lib.sh"

test_expect_success 'setup' '
	test_project app --numbering sequence &&
	(
		cd app &&
		make_table 0001_a a &&
		git migrate seal -q &&
		test_commit_all "make a" &&
		git migrate apply -q &&
		make_table 0002_b b 0001_a &&
		git add . &&
		git migrate apply -q &&
		make_table 0003_c c 0002_b
	)
'

test_expect_success 'log shows the series, newest first' '
	(
		cd app &&
		git migrate log >out &&
		sed -n "s/^migration //p" out >actual &&
		cat >expect <<-\END &&
		0003_c (pending)
		0002_b (applied)
		0001_a (applied)
		END
		test_cmp expect actual &&
		git migrate log -n 2 >out &&
		sed -n "s/^migration //p" out >actual &&
		head -n 2 expect >two &&
		test_cmp two actual &&
		git migrate log -2 >again &&
		test_cmp out again &&
		git migrate log -10 >out &&
		sed -n "s/^migration //p" out >actual &&
		test_cmp expect actual &&
		git migrate log -10 --oneline -1 >out &&
		test_line_count = 1 out &&
		test_expect_code 129 git migrate log -0 2>err &&
		test_grep "1 or more" err &&
		test_expect_code 129 git migrate log -1x &&
		test_expect_code 129 git migrate status -1
	)
'

test_expect_success 'log says when, by whom and from which commit' '
	(
		cd app &&
		head=$(git rev-parse --short=12 HEAD) &&
		git migrate log >out &&
		when="20[0-9-]*T[0-9:.]*Z" &&
		test_grep "^Applied: $when by A U Thor <author@example.com>" \
			out &&
		test_grep "^Commit:  $head on main\$" out &&
		test_grep "^Commit:  $head on main, the file not committed" \
			out &&
		test_grep "^Batch:   2," out
	)
'

test_expect_success 'log speaks to programs' '
	(
		cd app &&
		git migrate log --porcelain >out &&
		cut -f 1,2 out | tr "\t" : >actual &&
		printf "%s\n" pending:0003_c applied:0002_b applied:0001_a \
			>expect &&
		test_cmp expect actual &&
		git migrate log --json >out.json &&
		json "map { join q( ), map { \$_ // q(-) }
			@{\$_}{qw(id state commit branch batch position)},
			\$_->{dirty} ? q(dirty) :
				defined \$_->{dirty} ? q(clean) : q(-)
			} @{\$j->{migrations}}" <out.json >actual &&
		head=$(git rev-parse HEAD) &&
		cat >expect <<-END &&
		0003_c pending - - - - -
		0002_b applied $head main 2 2 dirty
		0001_a applied $head main 1 1 clean
		END
		test_cmp expect actual
	)
'

test_expect_success 'the blob that was applied is git'\''s' '
	(
		cd app &&
		git migrate show --json 1 >out.json &&
		json "\$j->{migrations}[0]{blob}" <out.json >actual &&
		git rev-parse HEAD:migrations/0001_a.sql >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'show has file, parents, origin, history and text' '
	(
		cd app &&
		head=$(git rev-parse HEAD) &&
		short=$(git rev-parse --short=12 HEAD) &&
		git migrate show a >out &&
		test_grep "^migration 0001_a\$" out &&
		test_grep "^State:     applied\$" out &&
		test_grep "^Checksum:  xxh3:[0-9a-f]* (sealed)\$" out &&
		test_grep "^File:      migrations/0001_a.sql\$" out &&
		test_grep "^Parent:    none\$" out &&
		test_grep "^Brought:   $short by A U Thor" out &&
		test_grep "^Applied:   20" out &&
		test_grep "^Commit:    $head on main\$" out &&
		test_grep "^On:        main\$" out &&
		sed "1,/^\$/d" out >actual &&
		test_cmp migrations/0001_a.sql actual &&
		git migrate show 3 >out &&
		test_grep "^State:     pending\$" out &&
		test_grep "^Parent:    0002_b\$" out &&
		test_grep ! "^Applied" out &&
		test_grep ! "^Brought" out
	)
'

test_expect_success 'a migration can be named in each way' '
	(
		cd app &&
		sum=$(git migrate status --porcelain |
			sed -n "2s/.*\(xxh3:.......\).*/\1/p") &&
		for rev in 0002_b 2 02 b 0002 @ "$sum"
		do
			git migrate show "$rev" >out || exit 1
			test_grep "^migration 0002_b\$" out || exit 1
		done &&
		git migrate show @~1 >out &&
		test_grep "^migration 0001_a\$" out &&
		test_expect_code 128 git migrate show 000 2>err &&
		test_grep "ambiguous" err &&
		test_expect_code 128 git migrate show 0002_c 2>err &&
		test_grep "there is no migration" err &&
		test_expect_code 128 git migrate show @~2 2>err &&
		test_expect_code 129 git migrate show 2>err
	)
'

test_expect_success 'show of an edited one is the difference' '
	(
		cd app &&
		sed -i "s/TABLE b (id/TABLE b (ident/" migrations/0002_b.sql &&
		git migrate show b >out &&
		test_grep "^State:     edited" out &&
		test_grep "^-CREATE TABLE b (id INTEGER);" out &&
		test_grep "^+CREATE TABLE b (ident INTEGER);" out
	)
'

test_expect_success 'show of a missing one is what was applied' '
	(
		cd app &&
		cp migrations/0002_b.sql edited &&
		rm migrations/0002_b.sql &&
		rm migrations/0003_c.sql &&
		git migrate show 2 >out &&
		test_grep "^State:     missing" out &&
		test_grep "^File:      none in this tree" out &&
		test_grep "^CREATE TABLE b (id INTEGER);" out
	)
'

test_expect_success 'without a repository there is still a log' '
	mkdir alone &&
	(
		cd alone &&
		git migrate init --url sqlite:app.db 2>err &&
		make_table 1_a a &&
		git migrate apply &&
		git migrate log >out &&
		test_grep "^Applied: " out &&
		test_grep ! "^Commit: " out
	)
'

test_expect_success 'control characters do not reach the terminal' '
	(
		cd app &&
		sq app.db "UPDATE git_migrate_history SET
			applied_by = char(27) || '\''[31mred'\''" &&
		git migrate log >out &&
		test_grep "by .x1b.31mred" out &&
		escape=$(printf "\033") &&
		test_grep ! "$escape" out
	)
'

test_expect_success 'what is not known is null, and empty in porcelain' '
	test_project unknown --numbering sequence &&
	(
		cd unknown &&
		make_table 0001_a a &&
		git migrate apply -q &&
		make_table 0002_b b &&
		git migrate log --json >out.json &&
		json "my \$m = \$j->{migrations}[0];
			map { exists \$m->{\$_} ? \$m->{\$_} : q(no key) }
			qw(id batch duration_ms position applied_at
			tool_version)" <out.json >actual &&
		printf "%s\n" 0002_b null null null null null >expect &&
		test_cmp expect actual &&
		git migrate --version >version &&
		json "\$j->{migrations}[1]{tool_version}" <out.json >actual &&
		test_grep -F "$(cat actual)" version &&
		json "map { defined } @{\$j->{migrations}[1]}{
			qw(batch duration_ms position)}" <out.json >actual &&
		printf "%s\n" 1 1 1 >expect &&
		test_cmp expect actual &&
		git migrate log --porcelain >out &&
		head -n 1 out | cut -f 4- | tr -d "\t" >actual &&
		echo >expect &&
		test_cmp expect actual &&
		git migrate show --json 2 >out.json &&
		json "@{\$j->{migrations}[0]}{qw(batch position duration_ms)}" \
			<out.json >actual &&
		printf "%s\n" null null null >expect &&
		test_cmp expect actual
	)
'

# The same shape twice: as commits, each a minute after the one before, and
# as migrations. node NAME [PARENT…]
node() {
	node=$1
	shift
	parents=
	for parent
	do
		parents="$parents -p $parent"
	done
	test_tick &&
	eval "git commit-tree -m $node $parents HEAD^{tree}" >commit &&
	git tag "$node" "$(cat commit)" || return
	test $# -gt 0 || set -- none
	make_table "$node" "t$node" "$@"
}

test_expect_success 'the graph is drawn as git draws it' '
	test_project graph --numbering sequence &&
	(
		cd graph &&
		test_commit_all one &&
		node 0001_a &&
		node 0002_b 0001_a &&
		node 0003_c 0001_a &&
		node 0004_d 0002_b 0003_c &&
		node 0005_e 0004_d &&
		node 0006_f 0003_c &&
		node 0007_g 0005_e &&
		node 0008_h 0007_g 0006_f &&
		node 0009_i 0005_e &&
		git log --graph --date-order --format=%s --all \
			--exclude=refs/heads/* 0009_i 0008_h >out &&
		sed "/one\$/d; s/ *\$//" out >expect &&
		git migrate log --graph --oneline |
			sed "s/ (.*//; y/o/*/; s/ *\$//" >actual &&
		test_grep -F "|/ /" actual &&
		test_cmp expect actual
	)
'

test_expect_success 'it marks heads, what is published and the target' '
	(
		cd graph &&
		git add migrations && git commit -q -m graph &&
		git migrate apply -q --to 5 &&
		git rm -q --cached migrations/000[789]* &&
		git commit -q -m six &&
		git update-ref refs/remotes/origin/main HEAD &&
		git migrate log --graph --oneline >out &&
		cat >expect <<-\END &&
		o 0009_i (pending, head)
		| o   0008_h (pending, head)
		| |\
		| o | 0007_g (pending)
		|/ /
		| o 0006_f (pending, origin/main)
		* | 0005_e (applied, origin/main, @ sqlite:app.db)
		* | 0004_d (applied)
		|\|
		| * 0003_c (applied)
		* | 0002_b (applied)
		|/
		* 0001_a (applied)
		END
		test_cmp expect out
	)
'

test_expect_success 'what is said stands beside the graph' '
	(
		cd graph &&
		git migrate log --graph >out &&
		test_grep "^\* | migration 0004_d (applied)\$" out &&
		test_grep -F "|\\| Applied: 20" out &&
		test_grep "^| | Batch:   1," out &&
		test_expect_code 129 git migrate log --graph --json 2>err
	)
'

test_expect_success 'a missing one stands where it was applied' '
	(
		cd graph &&
		rm migrations/000[4-9]* &&
		git migrate log --graph --oneline >out &&
		cat >expect <<-\END &&
		* 0005_e (missing, @ sqlite:app.db)
		*   0004_d (missing)
		|\
		| * 0003_c (applied, head, origin/main)
		* | 0002_b (applied, head, origin/main)
		|/
		* 0001_a (applied)
		END
		test_cmp expect out
	)
'

# on_terminal COMMAND: what a user sees.
on_terminal() {
	TERM=xterm script -qec "$1" /dev/null </dev/null | tr -d "\r"
}

test_expect_success 'colours are as git is told' '
	(
		cd app && git stash -q -u && git config core.pager cat &&
		escape=$(printf "\033") &&
		git -c color.ui=always migrate log >out &&
		test_grep "$escape" out &&
		git -c color.ui=always -c color.migrate=false \
			migrate log >out &&
		test_grep ! "$escape" out &&
		on_terminal "git migrate log" >out &&
		test_grep "$escape" out &&
		on_terminal "git -c color.ui=never migrate log" >out &&
		test_grep ! "$escape" out &&
		NO_COLOR=1 on_terminal "git migrate log" >out &&
		test_grep ! "$escape" out
	)
'

test_expect_success 'the pager is git'\''s, and on a terminal only' '
	(
		cd app && git config --unset core.pager &&
		paged() {
			on_terminal "git $1 migrate $2" >out &&
			test_grep "^$3:.*migration .*0" out
		} &&
		plain() {
			on_terminal "git $1 migrate log" >out &&
			test_grep ! "^[A-Z]:" out &&
			test_grep "migration" out
		} &&
		PAGER="sed s/^/P:/" && export PAGER &&
		paged "" log P && paged "" "show 1" P &&
		on_terminal "git migrate plan --rollback" >out &&
		test_grep "^P:-- for sqlite:app.db" out &&
		on_terminal "git migrate conflicts HEAD HEAD" >out &&
		test_grep "^P:1 pair of sides" out &&
		on_terminal "git migrate conflicts --json HEAD HEAD" >out &&
		test_grep ! "^P:" out &&
		paged "-c core.pager=\"sed s/^/C:/\"" log C &&
		plain --no-pager && plain "-c pager.migrate=false" &&
		plain "-c core.pager=" && plain "-c core.pager=nowhere" &&
		git migrate log >out && test_grep ! "P:" out &&
		GIT_PAGER="sed s/^/G:/" && export GIT_PAGER &&
		paged "" log G &&
		GIT_PAGER="head -n 1" &&
		on_terminal "git migrate log" >out &&
		test_line_count = 1 out
	)
'

test_done
