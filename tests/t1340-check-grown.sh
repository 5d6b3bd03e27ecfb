#!/bin/sh
test_description='check: a tree that has grown out of a clean one'
. "${0%/*}/test-lib.sh"

rounds=10
test -z "${GM_TEST_SLOW-}" || rounds=150

# Another number below $1 each time, the same ones in every run.
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648)) &&
	drawn=$((seed / 65536 % $1))
}

# Some migration that is there, as $picked.
pick() {
	set -- migrations/[0-9]*.sql
	test -e "$1" && random $# && shift "$drawn" && picked=$1
}

id_of() {
	name=${1##*/}
	echo "${name%.sql}"
}

# A table of its own on top of the heads, or on those that are named.
add() {
	next=$((next + 1)) &&
	file=$(git migrate new --app core "$table" 2>/dev/null) &&
	if test $# != 0
	then
		sed -i "/^-- migrate:parent/d" "$file" &&
		for parent
		do
			sed -i "1i -- migrate:parent $parent" "$file"
		done
	fi &&
	sed -i -e "s/^-- migrate:up/&\n$sql/" \
		-e "s/^-- migrate:down/&\nDROP TABLE $table;/" "$file"
}

# Changes something, for the better or the worse.
change() {
	table=t$next sql="CREATE TABLE t$next (id INTEGER, n TEXT);"
	random 36
	case $drawn in
	[0-7] | 2[4-9] | 3?)
		add ;;
	8 | 9)
		pick && add "$(id_of "$picked")" ;;
	10)
		pick && sql="ALTER TABLE t0 ADD c$next TEXT;" &&
		add "$(id_of "$picked")" ;;
	11)
		pick && sql="DROP TABLE t$((next / 2));" &&
		add "$(id_of "$picked")" ;;
	12)
		pick && sed -i "s/TEXT/INTEGER/" "$picked" ;;
	13)
		pick && git rm -q -f "$picked" ;;
	14)
		pick && git mv -f "$picked" "migrations/09${next}_moved.sql" ;;
	15)
		pick && cp "$picked" "migrations/0${next}_copy.sql" ;;
	16)
		pick && cp "$picked" "${picked%_*}_T0.sql" ;;
	17)
		pick &&
		sed "/:checksum/d" "$picked" >"${picked%_*}_x$next.sql" ;;
	18)
		pick && chmod +x "$picked" ;;
	19)
		pick && sed -i "1i -- said twice" "$picked" ;;
	20)
		pick &&
		sed -i "s/^-- migrate:parent.*/-- migrate:parent none/" \
			"$picked" ;;
	21)
		echo "SELECT 1;" >migrations/notes.sql ;;
	22)
		: >"migrations/.$next.sql" && : >"migrations/$next.txt" ;;
	23)
		pick && mkdir -p blog &&
		MIGRATIONS=blog make_table "9${next}_b" "b$next" &&
		sed -i "1i -- migrate:depends core/$(id_of "$picked")" \
			"blog/9${next}_b.sql" ;;
	esac
}

# The same with what is remembered, and where nothing can be.
agrees() {
	rm -f .git/migrate/clean .git/migrate/summaries
	quick=0 again=0 whole=0
	git migrate check --json "$@" >"$TRASH/quick.out" 2>&1 || quick=$?
	test -e .git/migrate/summaries || judged=$((judged + 1))
	git migrate check --json "$@" >"$TRASH/again.out" 2>&1 || again=$?
	mv .git/migrate "$TRASH/kept" &&
	: >.git/migrate || return 1
	git migrate check --json "$@" >"$TRASH/whole.out" 2>&1 || whole=$?
	rm .git/migrate && mv "$TRASH/kept" .git/migrate &&
	test "$quick-$again-$whole" = "$whole-$whole-$whole" &&
	test "$whole" -lt 128 &&
	test_cmp "$TRASH/whole.out" "$TRASH/quick.out" &&
	test_cmp "$TRASH/whole.out" "$TRASH/again.out"
}

# history NUMBERING HEADS: branches and merges for so many rounds.
history() {
	seed=$3 next=0 judged=0 clean=0 &&
	test_project "$1-$2" --numbering "$1" &&
	cd "$1-$2" &&
	git config -f .gitmigrate --unset migrate.dir &&
	{
		echo "[migrate-app \"core\"]" && echo "	dir = migrations" &&
		echo "[migrate-app \"blog\"]" && echo "	dir = blog" &&
		echo "[migrate]" && echo "	heads = $2"
	} >>.gitmigrate &&
	git config migrate.published refs/heads/pub &&
	mkdir blog &&
	for next in 0 1 2
	do
		make_table "000${next}_t$next" "t$next" || return 1
	done &&
	git migrate seal -q &&
	test_commit_all base &&
	git branch pub &&
	next=3 &&
	for round in $(seq "$rounds")
	do
		random 3
		git rev-parse -q --verify "pub~$drawn" >/dev/null || drawn=0
		git checkout -q -B work "pub~$drawn" || return 1
		random 3
		changes=$((drawn + 1))
		while test "$changes" -gt 0
		do
			change
			next=$((next + 1))
			changes=$((changes - 1))
		done
		random 6
		test "$drawn" = 0 || git migrate seal -q 2>/dev/null
		git add -A &&
		agrees --staged &&
		git commit -q --allow-empty -m "$round" &&
		agrees --base pub HEAD || return 1
		random 2
		test "$drawn" = 0 ||
		git merge -q -m merged pub >/dev/null 2>&1 ||
		git merge --abort
		agrees --base pub HEAD &&
		agrees HEAD || return 1
		random 3
		if ! grep -q "\"level\"" "$TRASH/whole.out"
		then
			clean=$((clean + 1))
			test "$drawn" != 0 || git branch -q -f pub HEAD
		fi
	done
	echo "# $1, $2: $judged of $((4 * rounds)) without the whole," \
		"$clean of $rounds without a finding"
	test "$judged" -gt "$((rounds / 4))"
}

test_expect_success 'histories of sequences, which agree' '
	(history sequence independent 7)
'

test_expect_success 'histories of timestamps, which agree' '
	(history timestamp independent 11)
'

test_expect_success 'histories with one head, which agree' '
	(history timestamp linear 23)
'

# judged STATUS ARGUMENT…: without the rest of the tree, and with this status.
judged() {
	wanted=$1
	shift
	rm -f .git/migrate/clean .git/migrate/summaries &&
	test_expect_code "$wanted" git migrate check "$@" >actual.out 2>&1 &&
	test_path_is_missing .git/migrate/summaries
}

# Three sealed ones, published and seen; and a branch.
test_expect_success 'a branch that adds one is judged by that one' '
	test_project app --numbering sequence &&
	(
		cd app &&
		printf "/*.out\n" >>.gitignore &&
		git config migrate.published refs/heads/pub &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		git migrate seal -q &&
		test_commit_all three &&
		git branch pub &&
		git migrate check HEAD &&
		git checkout -q -b work &&
		make_table 0004_d d &&
		git migrate seal -q &&
		git add -A &&
		echo "4 migrations, 0 errors, 0 warnings" >expect.out &&
		judged 0 --staged &&
		test_cmp expect.out actual.out &&
		git commit -q -m four &&
		judged 0 --base pub HEAD &&
		test_cmp expect.out actual.out &&
		judged 0 --range pub..HEAD &&
		test_cmp expect.out actual.out &&
		sed -i "s/TABLE d/TABLE e/" migrations/0004_d.sql &&
		sed -i "/:checksum/d" migrations/0004_d.sql &&
		git migrate seal -q &&
		git commit -q -a --amend -m other &&
		judged 0 --base pub HEAD
	)
'

test_expect_success 'what it stands beside is read, and no more' '
	(
		cd app &&
		make_table 0005_e e2 0002_b &&
		git migrate seal -q &&
		test_commit_all beside &&
		judged 0 --base pub HEAD &&
		make_migration 0006_f "DROP TABLE c;" "SELECT 1;" 0002_b &&
		git migrate seal -q &&
		test_commit_all conflict &&
		test_expect_code 1 git migrate check --base pub HEAD \
			>actual.out &&
		test_grep "0006_f.sql.*\[conflict\]" actual.out &&
		git reset -q --hard HEAD^
	)
'

test_expect_success 'a hook is content with it' '
	(
		cd app &&
		git migrate hooks install >/dev/null &&
		rm -f .git/migrate/clean .git/migrate/summaries &&
		make_table 0006_f f &&
		git migrate seal -q &&
		git add -A &&
		git commit -q -m six &&
		test_path_is_missing .git/migrate/summaries &&
		git init -q --bare ../hub.git &&
		git push -q ../hub.git HEAD:work &&
		test_path_is_missing .git/migrate/summaries &&
		git migrate hooks uninstall >/dev/null
	)
'

test_expect_success 'a directory may be written in another way' '
	cp -R app elsewhere &&
	(
		cd elsewhere &&
		for dir in migrations/ ./migrations .//migrations/.
		do
			git config migrate.dir "$dir" &&
			git migrate check HEAD &&
			make_table 0007_g g 0006_f &&
			git add migrations &&
			git migrate check --staged >actual.out &&
			test_grep "\[unsealed\]" actual.out &&
			git migrate seal -q --staged &&
			judged 0 --staged &&
			test_grep "^7 migrations" actual.out &&
			git reset -q --hard || return 1
		done
	)
'

test_expect_success 'what is staged to be gone, or is not merged, is missed' '
	cp -R app gone &&
	(
		cd gone &&
		git rm -q --cached migrations/0001_a.sql &&
		test_expect_code 1 git migrate check --staged >actual.out &&
		test_grep "\[published-deleted\]" actual.out &&
		git reset -q --hard &&
		git checkout -q -b one &&
		make_table 0007_g g 0006_f &&
		git migrate seal -q &&
		test_commit_all one &&
		git checkout -q -b two HEAD^ &&
		make_table 0007_g h 0006_f &&
		git migrate seal -q &&
		test_commit_all two &&
		test_expect_code 1 git merge -q one >/dev/null 2>&1 &&
		test_expect_code 1 git migrate check --staged >actual.out &&
		test_grep "\[bad-file\]" actual.out &&
		git reset -q --hard &&
		echo "-- more" >migrations/0008_h.sql &&
		git add -N migrations/0008_h.sql &&
		test_expect_code 1 git migrate check --staged >actual.out &&
		test_grep "\[parse-error\]" actual.out
	)
'

test_expect_success 'a link in the place of no migrations is seen' '
	test_project none &&
	(
		cd none &&
		git config migrate.published refs/heads/pub &&
		: >migrations/README &&
		test_commit_all none &&
		git branch pub &&
		git migrate check HEAD &&
		rm -r migrations &&
		ln -s nowhere migrations &&
		git add -A &&
		test_expect_code 128 git migrate check --staged
	)
'

test_expect_success 'a setting that says more is heard' '
	(
		cd app &&
		make_migration 0007_g "CREATE TABLE g (id);" "" 0006_f &&
		git migrate seal -q &&
		test_commit_all "no down" &&
		git migrate check --base pub HEAD >actual.out &&
		test_grep "\[no-down\]" actual.out &&
		git config migrate.check.no-down off &&
		git migrate check --base pub HEAD >actual.out &&
		test_grep ! "\[" actual.out &&
		judged 0 --base pub HEAD &&
		git config migrate.check.no-down error &&
		test_expect_code 1 git migrate check --base pub HEAD &&
		git config --unset migrate.check.no-down &&
		git reset -q --hard HEAD^
	)
'

test_expect_success 'a damaged memory counts as none' '
	(
		cd app &&
		memory=.git/migrate/trees &&
		cp "$memory" before.out &&
		size=$(wc -c <"$memory") &&
		whole="6 migrations, 0 errors, 0 warnings" &&
		for bytes in 0 1 40 $((size / 2)) $((size - 1))
		do
			head -c "$bytes" before.out >"$memory" &&
			rm -f .git/migrate/clean &&
			git migrate check --base pub HEAD >actual.out &&
			test_grep "^$whole" actual.out || return 1
		done &&
		{ head -c $((size - 9)) before.out && printf "damaged!!"; } \
			>"$memory" &&
		rm -f .git/migrate/clean &&
		git migrate check --base pub HEAD >actual.out &&
		test_grep "^$whole" actual.out &&
		rm "$memory" && mkdir "$memory" &&
		rm -f .git/migrate/clean &&
		git migrate check --base pub HEAD >actual.out &&
		test_grep "^$whole" actual.out &&
		rmdir "$memory"
	)
'

test_expect_success 'two at once leave a whole one' '
	(
		cd app &&
		for round in 1 2 3 4 5
		do
			rm -rf .git/migrate
			git migrate check --base pub HEAD >one.out &
			git migrate check --base pub pub >two.out
			wait
			test_grep "^6 migrations, 0 errors" one.out &&
			test_grep "^3 migrations, 0 errors" two.out &&
			judged 0 --base pub HEAD || return 1
		done
	)
'

test_done
